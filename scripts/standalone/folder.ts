/** A folder outside of the repository, with what npm installs there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Failed, run } from "./run.ts";

const root = resolve(import.meta.dirname, "../..");

/** Two projects that a package has to fit into, with every check of declarations on. */
const PROJECTS = {
  /** A page: no types but those of browsers. */
  page: { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] },
  /** A program for Node, without types of browsers. */
  program: { module: "nodenext", lib: ["es2022"], types: ["node"] },
};

export type Project = keyof typeof PROJECTS;

export class Folder {
  readonly path: string;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `${name.replace("@", "").replace("/", "-")}-`));
    this.write("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.path, file), text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** `npm install`: of tarballs, and of names, which come from the registry. No script of a package runs. */
  async install(what: readonly string[], { offline = false } = {}): Promise<void> {
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const network = offline ? "--offline" : "--prefer-offline";
    await run("npm", ["install", ...flags, network, ...what], this.path).catch(({ message }) => {
      const why = message.includes("ENOTCACHED") ? "something is wanted beside these: " : "";
      throw new Failed(`npm install ${what.join(" ")}: ${why}${message}`);
    });
  }

  /** Names of the packages that lie in node_modules, at any depth. */
  installed(): string[] {
    const lock = join(this.path, "node_modules/.package-lock.json");
    const { packages } = JSON.parse(readFileSync(lock, "utf8"));
    return Object.keys(packages)
      .map((path) => path.replace(/^.*node_modules\//, ""))
      .sort();
  }

  /** What the compiler says about files of the folder and all declarations that they reach, or nothing. */
  async compile(project: Project, files: readonly string[]): Promise<string> {
    if (files.length === 0) return "";
    const compilerOptions = {
      target: "es2022",
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      typeRoots: [join(root, "node_modules/@types")],
      ...PROJECTS[project],
    };
    const config = `tsconfig.${project}.json`;
    this.write(config, JSON.stringify({ compilerOptions, files }));
    const tsc = join(root, "node_modules/@typescript/native/bin/tsc");
    return run(process.execPath, [tsc, "-p", config, "--pretty", "false"], this.path).then(
      () => "",
      (error: Failed) => error.message,
    );
  }
}

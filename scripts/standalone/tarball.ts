/** What a package would publish, and whether it is in order. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";

/** The parts of a package.json that matter here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly description?: string;
  readonly type?: string;
  readonly engines?: { readonly node?: string };
  readonly sideEffects?: boolean | readonly string[];
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Tarball {
  readonly path: string;
  readonly manifest: Manifest;
  readonly readme: string;
  /** Bytes. */
  readonly packed: number;
  readonly unpacked: number;
  /** What is wrong with it, a sentence each. */
  problems(): Promise<string[]>;
}

/** Conditions of an entry, in the order in which they are looked at: what comes after "default" is never found. */
const CONDITIONS = "types, node, default";

/** What nobody who installs a package needs. */
const NOT_PUBLISHED = /\.test\.|\btesting\b|\bscratch\b|\bfixtures?\b|\.ts\.map$|(?<!\.d)\.ts$/;

export function readTarball(path: string): Tarball {
  const bytes = readFileSync(path);
  const contents = createPackageFromTarballData(bytes);
  const root = `/node_modules/${contents.packageName}`;
  const read = (file: string) => contents.readFile(posix.join(root, file));
  const has = (file: string) => contents.fileExists(posix.join(root, file));
  const files = contents.listFiles().map((file) => posix.relative(root, file));
  const manifest: Manifest = JSON.parse(read("package.json"));

  function* untidy(): Generator<string> {
    for (const file of ["README.md", "LICENSE"]) if (!has(file)) yield `${file} is missing`;
    for (const file of files) {
      if (NOT_PUBLISHED.test(file)) yield `${file} is of no use to anybody`;
      else if (!/^(dist\/|README\.md$|LICENSE$|package\.json$)/.test(file))
        yield `${file} is not of the build`;
    }
    const { license, description, type, engines, sideEffects, dependencies } = manifest;
    const wanted = { license, description, engines: engines?.node, sideEffects };
    for (const [key, value] of Object.entries(wanted))
      if (value === undefined) yield `package.json has no ${key}`;
    if (type !== "module") yield `package.json has "type": ${JSON.stringify(type)}`;
    for (const name of Object.keys(dependencies ?? {}))
      yield `it depends on ${name}: packages have peers only, and none that a program can do without is required`;

    for (const [entry, target] of Object.entries(manifest.exports)) {
      const targets = typeof target === "string" ? [target] : Object.values(target);
      for (const file of targets) if (!has(file)) yield `${entry} is ${file}, which is not there`;
      if (entry.endsWith(".json") || typeof target === "string") continue;
      const conditions = Object.keys(target).join(", ");
      if (conditions !== CONDITIONS) yield `${entry} has the conditions ${conditions}`;
    }
    for (const file of Array.isArray(sideEffects) ? sideEffects : [])
      if (file.startsWith("./dist/") && !has(file)) yield `sideEffects names ${file}`;
  }

  /** Every script has a map, and maps have the text of what they map to. */
  function* maps(): Generator<string> {
    for (const file of files.filter((name) => name.endsWith(".js"))) {
      const [, name] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(read(file)) ?? [];
      const map = name && posix.join(posix.dirname(file), name);
      if (map && !has(map)) yield `${file} names a source map that is not there`;
    }
    for (const file of files.filter((name) => name.endsWith(".js.map"))) {
      const { sources, sourcesContent = [] } = JSON.parse(read(file));
      if (!has(file.slice(0, -".map".length))) yield `${file} belongs to nothing`;
      for (const [i, source] of sources.entries())
        if (typeof sourcesContent[i] !== "string" && !has(posix.join(posix.dirname(file), source)))
          yield `${file} points to ${source}, which is not there`;
    }
  }

  /** What attw says, with its profile "esm-only": packages are for `import`, under resolutions that read "exports". */
  async function types(): Promise<string[]> {
    const result = await checkPackage(contents);
    if (!result.types) return ["it has no types"];
    const ignored = ["node10", "node16-cjs"];
    return result.problems
      .filter((p) => !("resolutionKind" in p && ignored.includes(p.resolutionKind)))
      .filter((p) => !("resolutionOption" in p && ignored.includes(p.resolutionOption)))
      .map((problem) => `types: ${JSON.stringify(problem)}`);
  }

  return {
    path,
    manifest,
    readme: has("README.md") ? read("README.md") : "",
    packed: bytes.length,
    unpacked: files.reduce((sum, file) => sum + Buffer.byteLength(read(file)), 0),
    problems: async () => [...untidy(), ...maps(), ...(await types())],
  };
}

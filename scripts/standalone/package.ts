import { type Block, markdownBlocks } from "../../tests/docs/blocks.ts";
import { bundle } from "./bundle.ts";
import {
  importing,
  importsOf,
  installed,
  lookingAt,
  writePrograms,
  writeSources,
} from "./examples.ts";
import { Folder, type Project } from "./folder.ts";
import { type Failed, type Node, run } from "./run.ts";
import type { Tarball } from "./tarball.ts";
import { WITHOUT_OPTIONAL_PEERS } from "./withoutPeers.ts";

export interface Outcome {
  readonly tarball: Tarball;
  /** What npm installed beside it. */
  readonly landed: readonly string[];
  /** How many blocks of its README were run. */
  readonly runs: number;
  readonly problems: readonly string[];
}

/** Installs one of `all` packages into an empty folder, and uses it there. */
export async function standsAlone(
  tarball: Tarball,
  all: readonly Tarball[],
  nodes: readonly Node[],
): Promise<Outcome> {
  const folder = new Folder(tarball.manifest.name);
  const problems = await tarball.problems();
  const trial = new Trial(tarball, all, nodes, folder, problems);
  try {
    const landed = await trial.withItsPeers();
    const runs = await trial.asItsReadmeSays(landed);
    return { tarball, landed: landed.slice(1), runs, problems };
  } catch (error) {
    problems.push((error as Error).message);
    return { tarball, landed: [], runs: 0, problems };
  } finally {
    if (problems.length === 0) folder.remove();
    else problems.push(`its folder is kept: ${folder.path}`);
  }
}

class Trial {
  private readonly tarball: Tarball;
  private readonly all: readonly Tarball[];
  private readonly nodes: readonly Node[];
  private readonly folder: Folder;
  private readonly problems: string[];

  constructor(
    tarball: Tarball,
    all: readonly Tarball[],
    nodes: readonly Node[],
    folder: Folder,
    problems: string[],
  ) {
    this.tarball = tarball;
    this.all = all;
    this.nodes = nodes;
    this.folder = folder;
    this.problems = problems;
  }

  /** Installs it with its peers and nothing else, from files alone. Gives what is there then, itself first. */
  async withItsPeers(): Promise<string[]> {
    const { tarball, folder, problems } = this;
    const { name, exports } = tarball.manifest;
    const wanted = [tarball, ...requiredPeers(tarball, this.all)];
    await folder.install(
      wanted.map(({ path }) => path),
      { offline: true },
    );
    const landed = [name, ...folder.installed().filter((other) => other !== name)];
    const expected = wanted.map(({ manifest }) => manifest.name);
    if (String(landed.toSorted()) !== String(expected.toSorted()))
      problems.push(`npm installs ${landed}, expected ${expected}`);

    // Every entry as Node takes it, and the files that bundlers take.
    const entries = Object.entries(exports).filter(([path]) => !path.endsWith(".json"));
    const specifiers = entries.map(([path]) => name + path.slice(1));
    const files = entries.map(([, to]) => `./node_modules/${name}/${Object(to).default}`);
    folder.write("entries.mjs", lookingAt(specifiers));
    folder.write("files.mjs", lookingAt(files));
    await this.run("its entries", ["entries.mjs", "files.mjs"]);

    const forPages = specifiers.filter((specifier) => !specifier.endsWith("/node"));
    folder.write("page.ts", importing(forPages));
    folder.write("program.ts", importing(specifiers));
    await this.compile("its declarations", { page: ["page.ts"], program: ["program.ts"] });

    const blocks = (WITHOUT_OPTIONAL_PEERS[name] ?? []).map((code, i): Block => {
      const file = `without optional peers, ${i + 1}`;
      return { title: file, file, line: 1, code };
    });
    await this.run("without optional peers", writePrograms(folder.path, "without", blocks));
    return landed;
  }

  /** Installs what the README says and runs its examples. Gives their number. */
  async asItsReadmeSays(landed: readonly string[]): Promise<number> {
    const { tarball, folder, problems } = this;
    const { name, peerDependencies = {}, devDependencies = {} } = tarball.manifest;
    const said = installed(tarball.readme);
    const blocks = markdownBlocks("README.md", tarball.readme);
    const imported = blocks.flatMap(({ code }) => importsOf(code).packages);
    const useful = [name, ...Object.keys(peerDependencies), ...imported];
    for (const missing of landed.filter((other) => !said.includes(other)))
      problems.push(`its README does not say: npm install ${missing}`);
    for (const idle of said.filter((other) => !useful.includes(other)))
      problems.push(`its README says "npm install ${idle}", and has no use for it`);

    // What is not ours comes in the version that the repository tests with.
    const more = said.filter((other) => !landed.includes(other));
    const from = (other: string) =>
      find(other, this.all)?.path ?? `${other}@${devDependencies[other] ?? "latest"}`;
    if (more.length > 0) await folder.install(more.map(from));

    const there = new Set(folder.installed());
    const complete = blocks.filter((b) => importsOf(b.code).packages.every((p) => there.has(p)));
    const forPages = complete.filter(({ code }) => !importsOf(code).forNode);
    await this.compile("its README's examples", {
      page: writeSources(folder.path, forPages),
      program: writeSources(folder.path, complete),
    });

    const runnable = blocks.filter(({ noRun }) => noRun === undefined);
    await this.run("an example", writePrograms(folder.path, "README", runnable));
    const onPages = runnable.filter((block) => forPages.includes(block));
    const programs = writePrograms(folder.path, "README", onPages);
    await this.run("an example, bundled for browsers", await bundle(folder.path, programs));
    return runnable.length;
  }

  /** Runs programs of the folder on every Node. What they leave behind goes with the folder. */
  private async run(what: string, files: readonly string[]): Promise<void> {
    const { path: folder } = this.folder;
    for (const file of files)
      for (const { path, version } of this.nodes)
        await run(path, [file], folder, { TMPDIR: folder }).catch((error: Failed) =>
          this.problems.push(`${what}, ${file}, on Node ${version}:\n${error.message}`),
        );
  }

  private async compile(what: string, files: Record<Project, string[]>): Promise<void> {
    for (const project of ["page", "program"] as const) {
      const errors = await this.folder.compile(project, files[project]);
      if (errors) this.problems.push(`${what}, ${files[project]}, in a ${project}:\n${errors}`);
    }
  }
}

const find = (name: string, all: readonly Tarball[]): Tarball | undefined =>
  all.find(({ manifest }) => manifest.name === name);

/** The packages that have to be there with one: its peers that are not optional, and theirs. */
function requiredPeers({ manifest }: Tarball, all: readonly Tarball[]): Tarball[] {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const names = Object.keys(peerDependencies).filter((n) => !peerDependenciesMeta[n]?.optional);
  const own = names.flatMap((name) => find(name, all) ?? []);
  return [...new Set([...own, ...own.flatMap((peer) => requiredPeers(peer, all))])];
}

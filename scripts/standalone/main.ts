/**
 * Packs every package as it would be published, installs it with npm into an empty folder, and looks whether it stands
 * alone: with its peers and nothing else it can be imported and compiled against, with what its README says to install
 * the README's examples give what they say. On the machine's Node and on the one that the repository pins.
 *
 *     pnpm standalone [package …]
 */
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Outcome, standsAlone } from "./package.ts";
import { Failed, forEach, nodes, run } from "./run.ts";
import { readTarball } from "./tarball.ts";

const root = resolve(import.meta.dirname, "../..");
const started = performance.now();
const say = (what: string): void => {
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`standalone, ${seconds} s: ${what}`);
};

const packs = mkdtempSync(join(tmpdir(), "dl-packs-"));
try {
  say("packing");
  const filter = ["--recursive", "--filter", "./packages/*"];
  await run("npx", ["-y", "pnpm@12.21.0", ...filter, "pack", "--pack-destination", packs], root);
  const tarballs = globSync(join(packs, "*.tgz")).sort().map(readTarball);
  const names = process.argv.slice(2).map((name) => `@dl/${name}`);
  const wanted = tarballs.filter((t) => names.length === 0 || names.includes(t.manifest.name));
  if (wanted.length === 0) throw new Error(`there is no package ${names}`);

  const on = await nodes();
  say(`${wanted.length} packages, on Node ${on.map(({ version }) => version).join(" and ")}`);
  const outcomes = await forEach(wanted, Math.min(4, availableParallelism()), async (tarball) => {
    const outcome = await standsAlone(tarball, tarballs, on);
    const verdict = outcome.problems.length === 0 ? "stands alone" : "does not stand alone";
    say(`${tarball.manifest.name} ${verdict}`);
    return outcome;
  });

  console.log(`\n${table(outcomes)}\n`);
  const problems = outcomes.flatMap(({ tarball, problems }) =>
    problems.map((problem) => `${tarball.manifest.name}: ${problem}`),
  );
  if (problems.length > 0) process.exitCode = 1;
  for (const problem of problems) console.error(`${problem}\n`);
  say(problems.length > 0 ? "there are problems" : "all of them stand alone");
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(packs, { recursive: true, force: true });
}

function table(outcomes: readonly Outcome[]): string {
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} KB`;
  const rows = [
    ["package", "packed", "unpacked", "examples", "comes with"],
    ...outcomes.map(({ tarball: { manifest, packed, unpacked }, runs, landed }) => [
      manifest.name,
      kilobytes(packed),
      kilobytes(unpacked),
      String(runs),
      landed.join(", ") || "nothing",
    ]),
  ];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row: string[]) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ");
  return rows.map((row) => line(row).trim()).join("\n");
}

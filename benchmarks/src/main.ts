/** Measures ours beside the peers and prints a table: see ../README.md. */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { isTooLarge, type Size, sizes } from "./bundles/sizes.ts";
import { median } from "./child/measure.ts";
import { type Comparison, compare, disagree } from "./compare.ts";
import { installPeers } from "./install.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { ours, type Peer, peers } from "./peers/peers.ts";
import { PeerProcess } from "./process.ts";
import { duration, rowsOf, sizeTable, table } from "./report.ts";
import { bundleOurs } from "./startUp/bundled.ts";
import { workloads } from "./workloads/index.ts";

const options = parseOptions(process.argv.slice(2));
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
installPeers();
const present = choosePeers(options);
const busy = loadavg()[0];
if (busy > 0.7)
  console.error(`This machine is busy (load ${busy.toFixed(1)}): times will be too long.`);

const comparisons = await compareAll(present, options);
const bundles = await sizes(
  (name, library) =>
    options.only.test(name) &&
    (library === "ours" || present.some((p) => p.name.startsWith(library))),
);
show(comparisons, present, bundles);
if (options.json) {
  const named = bundles.map(({ program, ...size }) => ({ workload: `bundle-${program}`, ...size }));
  const rows = [...comparisons.flatMap(rowsOf), ...named];
  writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  console.error(`${rows.length} rows in ${options.json}`);
}

function choosePeers({ peers: names = peers.map((p) => p.name) }: Options): Peer[] {
  for (const name of names)
    if (!peers.some((p) => p.name === name))
      throw new Error(`--peers: ${name} is none of ${peers.map((p) => p.name).join(", ")}`);
  return peers.filter((p) => {
    if (!names.includes(p.name)) return false;
    const missing = p.missing();
    if (missing) console.error(`\n${p.name.toUpperCase()} IS LEFT OUT: ${missing}.\n`);
    return !missing;
  });
}

async function compareAll(present: readonly Peer[], options: Options): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const chosen = workloads.filter((w) => options.only.test(w.name));
  if (chosen.some((w) => w.kind === "startUp")) await bundleOurs();
  for (const threads of options.threads) {
    const others = present.filter((p) => threads === 1 || !p.isSingleThreaded);
    const processes = [ours, ...others].map((p) => new PeerProcess(p, threads));
    for (const [i, workload] of chosen.entries()) {
      // A process starts as long as it starts.
      if (workload.kind === "startUp" && threads !== options.threads[0]) continue;
      const comparison = await compare(workload, threads, processes, options.schedule);
      comparisons.push(comparison);
      const { ms, error, cannot } = comparison.ours;
      const result = ms.length > 0 ? duration(median(ms)) : (error ?? cannot);
      const progress = `threads ${threads}   ${i + 1}/${chosen.length}`;
      console.error(`${progress}   ${workload.name}   ${result}`);
    }
    for (const p of processes) p.stop();
  }
  return comparisons;
}

function show(
  comparisons: readonly Comparison[],
  present: readonly Peer[],
  bundles: readonly Size[],
): void {
  const names = present.map((p) => p.name);
  if (comparisons.length > 0) console.log(`\n${table(comparisons, names)}`);
  if (bundles.length > 0) console.log(`\n${sizeTable(bundles)}`);

  const versions = new Map(
    comparisons.flatMap((c) => c.others.map((o) => [o.peer, o.version] as const)),
  );
  console.log(`\nnode ${process.version}`, ...[...versions].map(([name, v]) => `  ${name} ${v}`));
  const wrong = comparisons.filter((c) => c.others.some((o) => disagree(c.ours, o)));
  if (wrong.length > 0)
    console.log(`\nRESULTS DIFFER in ${wrong.map((c) => c.workload.name).join(", ")}.`);
  if (bundles.some(isTooLarge)) console.log("\nTHE MLP'S PAGE IS OVER 60 KB.");
}

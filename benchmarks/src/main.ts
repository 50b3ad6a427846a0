/** Measures ours beside the peers and prints a table: see ../README.md. */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { isTooLarge, type Size, sizes } from "./bundles/sizes.ts";
import { disagree } from "./compare.ts";
import { measureOnCpu } from "./cpu.ts";
import { installPeers } from "./install.ts";
import type { Measured } from "./measured.ts";
import { parseOptions, USAGE } from "./options.ts";
import { countsTable, rowsOf, sizeTable, table } from "./report.ts";
import { measureOnGpu } from "./webgpu.ts";

const options = parseOptions(process.argv.slice(2));
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
installPeers();
const busy = loadavg()[0];
if (busy > 0.7)
  console.error(`This machine is busy (load ${busy.toFixed(1)}): times will be too long.`);

const isOnGpu = options.backend === "webgpu";
const measured = await (isOnGpu ? measureOnGpu : measureOnCpu)(options);
const bundles = isOnGpu ? [] : await sizes(isWanted);
show(measured, bundles);
if (options.json) {
  const named = bundles.map(({ program, ...size }) => ({ workload: `bundle-${program}`, ...size }));
  const rows = [...measured.comparisons.flatMap(rowsOf), ...named];
  writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  console.error(`${rows.length} rows in ${options.json}`);
}

function isWanted(name: string, library: string): boolean {
  const isPresent = measured.names.some((peer) => peer.startsWith(library));
  return options.only.test(name) && (library === "ours" || isPresent);
}

function show({ comparisons, names, where }: Measured, bundles: readonly Size[]): void {
  if (comparisons.length > 0) console.log(`\n${table(comparisons, names)}`);
  if (comparisons.some((c) => c.ours.counts)) console.log(`\n${countsTable(comparisons, names)}`);
  if (bundles.length > 0) console.log(`\n${sizeTable(bundles)}`);

  const versions = new Map(
    comparisons.flatMap((c) => c.others.map((o) => [o.peer, o.version] as const)),
  );
  console.log(`\n${where}`, ...[...versions].map(([name, v]) => `  ${name} ${v}`));
  const wrong = comparisons.filter((c) => c.others.some((o) => disagree(c.ours, o)));
  if (wrong.length > 0)
    console.log(`\nRESULTS DIFFER in ${wrong.map((c) => c.workload.name).join(", ")}.`);
  if (bundles.some(isTooLarge)) console.log("\nTHE MLP'S PAGE IS OVER 60 KB.");
}

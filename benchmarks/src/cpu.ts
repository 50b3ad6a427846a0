/** On the CPU: every peer in a process of its own. */
import { choosePeers } from "./choose.ts";
import { type Comparison, compare } from "./compare.ts";
import { type Measured, progress } from "./measured.ts";
import type { Options } from "./options.ts";
import { ours, peers } from "./peers/peers.ts";
import { PeerProcess } from "./process.ts";
import { bundleOurs } from "./startUp/bundled.ts";
import { workloads } from "./workloads/index.ts";

export async function measureOnCpu(options: Options): Promise<Measured> {
  const present = choosePeers(peers, options);
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
      progress(`threads ${threads}   ${i + 1}/${chosen.length}`, comparison);
    }
    for (const p of processes) p.stop();
  }
  const names = present.map((p) => p.name);
  return { comparisons, names, where: `node ${process.version}` };
}

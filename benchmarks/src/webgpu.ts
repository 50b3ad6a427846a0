/** On a GPU: every peer in a page of its own, all of one Chromium. */
import { choosePeers } from "./choose.ts";
import { type Comparison, compare } from "./compare.ts";
import { type Measured, progress } from "./measured.ts";
import type { Options } from "./options.ts";
import { Browsing, ours, pagePeers } from "./pages/browser.ts";
import { gpuWorkloads } from "./workloads/webgpu.ts";

export async function measureOnGpu(options: Options): Promise<Measured> {
  const present = choosePeers(pagePeers, options);
  const comparisons: Comparison[] = [];
  const browsing = await Browsing.open();
  console.error(browsing.description);
  const chosen = gpuWorkloads(browsing.isSoftware).filter((w) => options.only.test(w.name));
  const sides = [ours, ...present].map((p) => browsing.side(p));
  for (const [i, workload] of chosen.entries()) {
    const comparison = await compare(workload, undefined, sides, options.schedule);
    comparisons.push(comparison);
    progress(`${i + 1}/${chosen.length}`, comparison);
  }
  await browsing.close();
  return { comparisons, names: present.map((p) => p.name), where: browsing.description };
}

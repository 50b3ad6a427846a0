import { median } from "./child/measure.ts";
import type { Comparison } from "./compare.ts";
import { duration } from "./report.ts";

/** All that a run of the program finds. */
export interface Measured {
  readonly comparisons: readonly Comparison[];
  /** Of the peers, a column each. */
  readonly names: readonly string[];
  /** What it ran on. */
  readonly where: string;
}

export function progress(prefix: string, { workload, ours }: Comparison): void {
  const { ms, error, cannot } = ours;
  const result = ms.length > 0 ? duration(median(ms)) : (error ?? cannot);
  console.error(`${prefix}   ${workload.name}   ${result}`);
}

/** What comes out: a table for people, rows for scripts. */
import type { Size } from "./bundles/sizes.ts";
import { median } from "./child/measure.ts";
import type { Counts } from "./child/protocol.ts";
import { type Comparison, disagree, ratio, type Times } from "./compare.ts";
import { flops } from "./workloads/spec.ts";

export interface Row {
  readonly workload: string;
  /** Null on a GPU. */
  readonly threads: number | null;
  readonly ours_ms: number | null;
  readonly peer: string;
  readonly peer_version: string;
  readonly peer_ms: number | null;
  readonly ratio: number | null;
  /** On a GPU. */
  readonly ours_counts?: Counts;
  readonly peer_counts?: Counts;
  /** Why a number is missing, or that the results differ. */
  readonly note?: string;
}

const medianOf = ({ ms }: Times): number | null => (ms.length > 0 ? median(ms) : null);
const reason = ({ cannot, error }: Times): string | undefined =>
  error ? `FAILED: ${error}` : cannot && `cannot: ${cannot}`;

/** In place of a peer where there is none, so that our time is not lost. */
const NOBODY: Times = { peer: "none", version: "", ms: [] };

export function rowsOf({ workload, threads, ours, others }: Comparison): Row[] {
  return (others.length > 0 ? others : [NOBODY]).map((other) => {
    const difference = disagree(ours, other)
      ? `RESULTS DIFFER: ours ${ours.checksum}, ${other.peer} ${other.checksum}`
      : undefined;
    const ourReason = reason(ours);
    const note = [ourReason && `ours ${ourReason}`, reason(other), difference]
      .filter(Boolean)
      .join("; ");
    return {
      workload: workload.name,
      threads: threads ?? null,
      ours_ms: medianOf(ours),
      peer: other.peer,
      peer_version: other.version,
      peer_ms: medianOf(other),
      ratio: ratio(ours, other) ?? null,
      ...(ours.counts && { ours_counts: ours.counts, peer_counts: other.counts }),
      ...(note && { note }),
    };
  });
}

/** Three digits, in the unit that suits. */
export function duration(ms: number): string {
  if (ms < 1) return `${digits(1000 * ms)} µs`;
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}
const digits = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));

/** @param names of the peers, a column each */
export function table(comparisons: readonly Comparison[], names: readonly string[]): string {
  const notes: string[] = [];
  const note = (text: string): string => {
    if (!notes.includes(text)) notes.push(text);
    return `[${notes.indexOf(text) + 1}]`;
  };
  const cell = (ours: Times, other: Times | undefined): string => {
    if (!other) return "";
    const ms = medianOf(other);
    if (ms === null) return note(`${other.peer} ${reason(other)}`);
    const factor = ratio(ours, other);
    // Of a limit: how much of it is reached.
    if (other.peer.startsWith("peak"))
      return factor === undefined ? duration(ms) : `${duration(ms)} ${(100 / factor).toFixed(0)}%`;
    const mark = disagree(ours, other)
      ? ` ${note(`RESULTS DIFFER: checksum ${ours.checksum} of ours, ${other.checksum} of ${other.peer}`)}`
      : "";
    return `${duration(ms)}${factor === undefined ? "" : ` ${digits(factor)}×`}${mark}`;
  };
  const lines = [
    ["workload", comparisons[0].threads ? "threads" : "", "ours", "GFLOP/s", ...names],
    ...comparisons.map(({ workload, threads, ours, others }) => {
      const ms = medianOf(ours);
      const rate = ms && flops(workload) ? digits(flops(workload) / ms / 1e6) : "";
      return [
        workload.name,
        `${threads ?? ""}`,
        ms === null ? note(`ours ${reason(ours)}`) : duration(ms),
        rate,
        ...names.map((name) =>
          cell(
            ours,
            others.find((o) => o.peer === name),
          ),
        ),
      ];
    }),
  ];
  const footnotes = notes.map((text, i) => `[${i + 1}] ${text}`);
  return [aligned(lines), ...(notes.length > 0 ? [""] : []), ...footnotes].join("\n");
}

/** The first column to the left, the others to the right. */
function aligned(lines: readonly string[][]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((text, column) =>
          column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]),
        )
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

/** What a run gives the GPU to do: dispatches and submits of each side. */
export function countsTable(comparisons: readonly Comparison[], names: readonly string[]): string {
  const cell = (side: Times | undefined): string =>
    side?.counts ? `${side.counts.dispatches} in ${side.counts.submits}` : "";
  return aligned([
    ["dispatches in submits", "ours", ...names],
    ...comparisons.map(({ workload, ours, others }) => [
      workload.name,
      cell(ours),
      ...names.map((name) => cell(others.find((o) => o.peer === name))),
    ]),
  ]);
}

/** Sizes of what a browser loads, as a table. */
export function sizeTable(sizes: readonly Size[]): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
  return aligned([
    ["page", "library", "minified", "gzip", "brotli"],
    ...sizes.map((s) => [
      `bundle-${s.program}`,
      s.library,
      kilobytes(s.minified),
      kilobytes(s.gzip),
      kilobytes(s.brotli),
    ]),
  ]);
}

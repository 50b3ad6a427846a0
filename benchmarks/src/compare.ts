/** One workload at one number of threads: everybody in turn, for some rounds. */
import { median } from "./child/measure.ts";
import type { Counts, Reply, Request } from "./child/protocol.ts";
import type { Workload } from "./workloads/spec.ts";

export interface Schedule {
  readonly rounds: number;
  readonly warmUp: number;
  readonly millis: number;
  readonly limit: number;
}

/** One side: a process or a page. */
export interface Asked {
  readonly peer: { readonly name: string; covers?(workload: Workload): boolean };
  readonly version: string;
  ask(request: Request): Promise<Reply>;
}

/** What one side gave. */
export interface Times {
  readonly peer: string;
  readonly version: string;
  /** By round; empty when it could not run. */
  readonly ms: readonly number[];
  readonly checksum?: number;
  /** Of one run, on a GPU. */
  readonly counts?: Counts;
  /** Why there are no times. */
  readonly cannot?: string;
  readonly error?: string;
}
export interface Comparison {
  readonly workload: Workload;
  /** Absent on a GPU. */
  readonly threads?: number;
  readonly ours: Times;
  readonly others: readonly Times[];
}

/** Asked once only: what it adds in further rounds is not worth the wait. */
const SLOW_MS = 1500;
/** Threads that spin after their work have gone to sleep when the next one starts. */
const PAUSE_MS = 20;

type Side = { -readonly [K in keyof Times]: Times[K] } & { ms: number[] };

/** @param asked ours first */
export async function compare(
  workload: Workload,
  threads: number | undefined,
  asked: readonly Asked[],
  { rounds, ...how }: Schedule,
): Promise<Comparison> {
  asked = asked.filter(({ peer }) => peer.covers?.(workload) ?? true);
  const sides: Side[] = asked.map(({ peer }) => ({ peer: peer.name, version: "", ms: [] }));
  const request: Request = { workload, ...how };
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      if (side.cannot || side.error || (round > 0 && side.ms[0] > SLOW_MS)) continue;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const reply = await asked[i].ask(request);
      side.version = asked[i].version;
      if ("ms" in reply) {
        side.ms.push(reply.ms);
        side.checksum = reply.checksum;
        side.counts = reply.counts;
      } else if ("cannot" in reply) side.cannot = reply.cannot;
      else side.error = "error" in reply ? reply.error : "an unexpected answer";
    }
  }
  const [ours, ...others] = sides;
  return { workload, threads, ours, others };
}

/** Ours over theirs: the median of the rounds' ratios, so that what disturbs a round disturbs both. */
export function ratio(ours: Times, other: Times): number | undefined {
  const ratios = other.ms.flatMap((ms, round) =>
    round < ours.ms.length ? ours.ms[round] / ms : [],
  );
  return ratios.length > 0 ? median(ratios) : undefined;
}

/** Results may differ by this much, relatively: float32 sums in another order, after some steps of training. */
const TOLERANCE = 1e-2;

/** The two computed something different. */
export function disagree(ours: Times, other: Times): boolean {
  if (ours.checksum === undefined || other.checksum === undefined) return false;
  const scale = Math.max(Math.abs(ours.checksum), Math.abs(other.checksum), 1e-12);
  return !(Math.abs(ours.checksum - other.checksum) <= TOLERANCE * scale);
}

/** The part of a peer's process or page that does not depend on the peer: builds what is asked for, measures, answers. */
import type { Spec } from "../workloads/spec.ts";
import { measure, type Run, warmUp } from "./measure.ts";
import type { Counts, Reply, Request } from "./protocol.ts";

export interface Runnable {
  /** A step of training answers with its loss. */
  readonly run: Run;
  /** A number that depends on the result. Called once, before `run`; without, it is the loss of the second step. */
  readonly check?: () => number | Promise<number>;
  /** Instead of timing `run`: the answer itself, in milliseconds. */
  readonly measure?: (millis: number) => number | Promise<number>;
  readonly dispose?: () => void;
}
/** For each kind of workload that the peer can run: how. */
export type Builders = {
  readonly [K in Spec["kind"]]?: (spec: Extract<Spec, { kind: K }>) => Runnable;
};

/** The peer has nothing that could run this. */
export class Cannot extends Error {}

/** Errors that say that a peer has no such thing. */
const MISSING = /not registered|not implemented|not supported|unsupported/i;

interface Current {
  readonly name: string;
  /** What is answered beside the time. */
  readonly rest: { readonly checksum?: number; readonly counts?: Counts };
  readonly measure: (millis: number) => number | Promise<number>;
}

/** A check that took longer has warmed everything up. */
const LONG_MS = 5000;

/** @param counts of what a GPU was given to do, so far */
export function answering(
  builders: Builders,
  counts?: () => Counts,
): (request: Request) => Promise<Reply> {
  let current: Current | undefined;
  let dispose: (() => void) | undefined;

  async function build({ workload, warmUp: millis, limit }: Request): Promise<Current> {
    dispose?.();
    dispose = current = undefined;
    const builder = builders[workload.kind] as ((spec: Spec) => Runnable) | undefined;
    if (!builder) throw new Cannot("nothing to compare with");
    const { name } = workload;
    const runnable = builder(workload);
    const { run, check, measure: own } = runnable;
    dispose = runnable.dispose;
    if (own) return { name, rest: {}, measure: own };

    const start = performance.now();
    let result = await (check ?? run)();
    let took = performance.now() - start;
    // For a GPU the first run compiles: the second one tells.
    const isCompiling = counts !== undefined && took > limit;
    if (took <= limit && !check) result = await run();
    else if (isCompiling) {
      const second = await run();
      took = performance.now() - start - took;
      if (!check) result = second;
    }
    if (took > limit) throw new Cannot(`a run takes ${(took / 1000).toFixed(0)} s`);
    const checksum = result as number;
    const isWarm = performance.now() - start > LONG_MS;
    const runs = isWarm ? 1 : await warmUp(run, millis);
    const rest = { checksum, ...(counts && { counts: await countsOf(run, counts) }) };
    return { name, rest, measure: (time) => measure(run, runs, time) };
  }

  return async (request) => {
    try {
      if (current?.name !== request.workload.name) current = await build(request);
      const ms = await current.measure(request.millis);
      return { ms, ...current.rest };
    } catch (error) {
      const message = String((error as Error)?.message ?? error).split("\n")[0];
      const isMissing = error instanceof Cannot || MISSING.test(message);
      return isMissing ? { cannot: message } : { error: message };
    }
  };
}

/** What one run gives a GPU to do. */
async function countsOf(run: Run, counts: () => Counts): Promise<Counts> {
  const before = counts();
  await run();
  const after = counts();
  return {
    dispatches: after.dispatches - before.dispatches,
    submits: after.submits - before.submits,
  };
}

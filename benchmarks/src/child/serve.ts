/** The part of a peer's process that does not depend on the peer: reads requests, builds, measures, answers. */
import { createInterface } from "node:readline";
import type { Spec } from "../workloads/spec.ts";
import { measure, warmUp } from "./measure.ts";
import type { Reply, Request } from "./protocol.ts";

export interface Runnable {
  /** A step of training answers with its loss. */
  readonly run: () => unknown | Promise<unknown>;
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
  readonly checksum: number | undefined;
  readonly measure: (millis: number) => number | Promise<number>;
}

/** A check that took longer has warmed everything up. */
const LONG_MS = 5000;

export async function serve(version: string, builders: Builders): Promise<void> {
  const say = (reply: Reply) => process.stdout.write(`${JSON.stringify(reply)}\n`);
  say({ ready: { version } });
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
    if (own) return { name, checksum: undefined, measure: own };

    const start = performance.now();
    const first = await (check ?? run)();
    const took = performance.now() - start;
    if (took > limit) throw new Cannot(`a run takes ${(took / 1000).toFixed(0)} s`);
    const checksum = (check ? first : await run()) as number;
    const isWarm = performance.now() - start > LONG_MS;
    const runs = isWarm ? 1 : await warmUp(run, millis);
    return { name, checksum, measure: (time) => measure(run, runs, time) };
  }

  for await (const line of createInterface(process.stdin)) {
    const request: Request = JSON.parse(line);
    try {
      if (current?.name !== request.workload.name) current = await build(request);
      const ms = await current.measure(request.millis);
      say({ ms, checksum: current.checksum });
    } catch (error) {
      const message = String((error as Error)?.message ?? error).split("\n")[0];
      const isMissing = error instanceof Cannot || MISSING.test(message);
      say(isMissing ? { cannot: message } : { error: message });
    }
  }
  process.exit(0);
}

import type { Builders } from "../child/answer.ts";

/** Runs that end when the GPU has ended. A step of training does by itself: it reads its loss, behind everything else. */
export function waiting(builders: Builders, finish: () => Promise<unknown>): Builders {
  const waits = Object.entries(builders).map(([kind, build]) => [
    kind,
    (spec: never) => {
      const runnable = build(spec);
      if (kind === "training") return runnable;
      const run = async (): Promise<void> => {
        runnable.run();
        await finish();
      };
      return { ...runnable, run };
    },
  ]);
  return Object.fromEntries(waits);
}

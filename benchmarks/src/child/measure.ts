/** How long a run takes. `peers/pytorch.py` does the same. */

/** Returns a promise where the library cannot wait. */
export type Run = () => unknown | Promise<unknown>;

async function timeOf(run: Run, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / times;
}

/** A turn of the event loop, not timed: finalizers run in it, as they do where a training loop awaits its loss. */
const turn = (): Promise<void> =>
  new Promise((resolve) =>
    // Pages have no setImmediate.
    typeof setImmediate === "function" ? setImmediate(resolve) : setTimeout(resolve),
  );

/** What is timed at once: long enough for the clock. */
const SAMPLE_MS = 0.5;
/** A run that takes longer is not repeated for warming up. */
const SLOW_MS = 2000;

/** Runs until code is compiled and caches are full. @returns how many runs make a sample */
export async function warmUp(run: Run, millis: number): Promise<number> {
  const start = performance.now();
  let last = await timeOf(run, 1);
  for (let i = 1; (i < 3 || performance.now() - start < millis) && last < SLOW_MS; i++) {
    last = await timeOf(run, Math.max(1, Math.min(100, Math.floor(SAMPLE_MS / last))));
    await turn();
  }
  return Math.max(1, Math.ceil(SAMPLE_MS / last));
}

/** The median time of a run, in milliseconds, over samples of `runs` each. */
export async function measure(run: Run, runs: number, millis: number): Promise<number> {
  const start = performance.now();
  const elapsed = (): number => performance.now() - start;
  // Not counted, since other processes have used the caches in between; a long run hardly notices.
  const first = await timeOf(run, 1);
  if (first > millis) return first;
  const samples: number[] = [];
  while (elapsed() < millis || samples.length < 3) {
    samples.push(await timeOf(run, runs));
    await turn();
  }
  return median(samples);
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

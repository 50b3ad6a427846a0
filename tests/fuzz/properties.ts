/** How often properties are tried. */
import fc from "fast-check";

/** `DL_FUZZ=20` tries twenty times as often, `DL_FUZZ_SEED` others. */
const TIMES = Number(process.env.DL_FUZZ ?? 1);
const SEED = Number(process.env.DL_FUZZ_SEED ?? 1);

export const check = <T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> =>
  fc.assert(property, { numRuns: runs * TIMES, seed: SEED });

/** Where a loader is in an epoch, and how it gets there again. */
import { DlError, defaultGenerator, type Generator, type GeneratorState } from "@dl/tensor/core";

/** What `DataLoader.stateDict` gives: plain data, which JSON keeps. */
export interface DataLoaderState {
  /** Batches of the epoch that were handed out. */
  readonly batches: number;
  /** Whether an epoch was under way. */
  readonly underWay: boolean;
  readonly batchSize: number;
  /** Of the dataset; null where it is unknown. */
  readonly samples: number | null;
  /** The random streams when the epoch began (between epochs: now): the default one, then the loader's own. */
  readonly generators: readonly GeneratorState[];
}

/** The random streams that an order may come from: the default one, then those that a loader and its samplers were given. */
export function streamsOf(...owners: readonly unknown[]): Generator[] {
  const streams = new Set<Generator>([defaultGenerator]);
  for (const owner of owners) {
    const { generator } = (owner ?? {}) as { generator?: Generator };
    if (generator) streams.add(generator);
  }
  return [...streams];
}

export function requireState(
  state: DataLoaderState,
  expected: { batchSize: number; samples: number | null; streams: number },
): void {
  const wrong = (what: string) => new DlError("state-dict", `DataLoader.loadStateDict: ${what}`);
  if (
    !state ||
    !Number.isInteger(state.batches) ||
    state.batches < 0 ||
    typeof state.underWay !== "boolean" ||
    !Array.isArray(state.generators)
  )
    throw wrong("what stateDict returned is wanted");
  for (const key of ["batchSize", "samples"] as const)
    if (state[key] !== expected[key])
      throw wrong(
        `it was saved with ${key} ${state[key]}, this loader has ${expected[key]}: its batches would be others`,
      );
  if (state.generators.length !== expected.streams)
    throw wrong(
      `it was saved with ${state.generators.length - 1} generators of the loader's own, this one has ${expected.streams - 1}: ` +
        "give it a generator where it had one",
    );
}

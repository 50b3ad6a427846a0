import { DlError, Generator } from "@dl/tensor/core";
import type { Awaitable } from "./interfaces.ts";

/** One choice of hyperparameters, and what came of it. */
export interface Trial<P> {
  readonly params: P;
  readonly score: number;
}

export interface SearchOptions<P> {
  /** Whether less or more of the score is better: `"min"` of a loss, `"max"` of an accuracy. */
  mode: "min" | "max";
  /** Trials of an earlier search, which are not made again. */
  results?: readonly Trial<P>[];
  /** Called after every new trial: for saving it, so that a search can go on another day. */
  onTrial?: (trial: Trial<P>, done: number, total: number) => unknown;
  /** Ends the search before the next trial, with what there is. */
  signal?: AbortSignal;
}

export interface SearchResult<P> {
  /** Of equal scores the first; NaN is never best. Null where there is none. */
  readonly best: Trial<P> | null;
  /** In the order of the search. */
  readonly results: readonly Trial<P>[];
}

/** What is told of a trial. */
export interface TrialInfo {
  readonly index: number;
  readonly total: number;
  readonly signal: AbortSignal | undefined;
}
type Objective<P> = (params: P, info: TrialInfo) => Awaitable<number>;

export type Grid<P> = { readonly [K in keyof P]: readonly P[K][] };
/** A list to choose from, or a function that draws, such as `sample.uniform(0, 1)`. */
export type Space<P> = { readonly [K in keyof P]: readonly P[K][] | ((g: Generator) => P[K]) };

/**
 * Tries every combination of the values, the last name fastest.
 *
 * @param grid a list of values for every hyperparameter
 * @param objective trains with these hyperparameters, and gives the score
 * @throws DlError "value" for an empty list, or a score that is not a number.
 *
 * @example
 * const { best, results } = await gridSearch(
 *   { lr: [0.1, 0.2], width: [8, 16, 32] },
 *   ({ lr, width }) => (lr - 0.2) ** 2 + (width - 16) ** 2,
 *   { mode: "min" },
 * );
 * best!.params // => { lr: 0.2, width: 16 }
 * results.length // => 6
 */
export async function gridSearch<P extends object>(
  grid: Grid<P>,
  objective: Objective<P>,
  options: SearchOptions<P>,
): Promise<SearchResult<P>> {
  let all: object[] = [{}];
  for (const [name, values] of Object.entries<readonly unknown[]>(grid)) {
    requireValues("gridSearch", name, values);
    all = all.flatMap((params) => values.map((value) => ({ ...params, [name]: value })));
  }
  return search("gridSearch", all as P[], objective, options);
}

/**
 * Tries `trials` combinations drawn at random. The draws depend on the seed alone, so that a search with more trials, or
 * one that goes on from earlier results, tries the same ones first.
 *
 * @param space for every hyperparameter a list to choose from, or a function that draws: see `sample`
 * @param options `trials`, and `seed` (default 0)
 *
 * @example
 * const { best } = await randomSearch(
 *   { lr: sample.logUniform(1e-4, 1), depth: sample.integer(1, 3), act: ["relu", "tanh"] },
 *   ({ lr }) => Math.abs(Math.log10(lr) + 2),
 *   { mode: "min", trials: 40, seed: 1 },
 * );
 * best!.score < 0.2 // => true
 */
export async function randomSearch<P extends object>(
  space: Space<P>,
  objective: Objective<P>,
  options: SearchOptions<P> & { trials: number; seed?: number | bigint },
): Promise<SearchResult<P>> {
  const what = "randomSearch";
  const { trials, seed = 0 } = options;
  if (!Number.isInteger(trials) || trials < 1)
    throw new DlError("value", `${what}: trials has to be a whole number from 1, got ${trials}`);
  const generator = new Generator(seed);
  const entries = Object.entries<readonly unknown[] | ((g: Generator) => unknown)>(space);
  const all = Array.from({ length: trials }, () =>
    Object.fromEntries(
      entries.map(([name, from]) => {
        if (typeof from === "function") return [name, from(generator)];
        requireValues(what, name, from);
        return [name, sample.choice(from)(generator)];
      }),
    ),
  );
  return search(what, all as P[], objective, options);
}

/** Draws for `randomSearch`. */
export const sample = {
  /** From `low` up to `high`. */
  uniform:
    (low: number, high: number) =>
    (g: Generator): number =>
      low + (high - low) * g.uniform64(),
  /** From `low` up to `high`, as many between 0.01 and 0.1 as between 0.1 and 1. */
  logUniform(low: number, high: number): (g: Generator) => number {
    if (!(low > 0 && high > 0))
      throw new DlError("value", `sample.logUniform: bounds are above 0, got ${low}, ${high}`);
    return (g) => low * (high / low) ** g.uniform64();
  },
  /** A whole number, both bounds included. */
  integer:
    (low: number, high: number) =>
    (g: Generator): number =>
      low + Math.floor((high - low + 1) * g.uniform64()),
  choice:
    <T>(values: readonly T[]) =>
    (g: Generator): T =>
      values[Math.floor(values.length * g.uniform64())],
};

function requireValues(what: string, name: string, values: unknown): void {
  if (!Array.isArray(values) || values.length === 0)
    throw new DlError("value", `${what}: "${name}" needs a list of values, with at least one`);
}

async function search<P extends object>(
  what: string,
  all: readonly P[],
  objective: Objective<P>,
  { mode, results: earlier = [], onTrial, signal }: SearchOptions<P>,
): Promise<SearchResult<P>> {
  if (mode !== "min" && mode !== "max")
    throw new DlError(
      "value",
      `${what}: say whether less or more of the score is better: mode: "min" or mode: "max"`,
    );
  const known = new Map(earlier.map((trial) => [keyOf(trial.params), trial]));
  const results: Trial<P>[] = [];
  for (const [index, params] of all.entries()) {
    const done = known.get(keyOf(params));
    if (done) {
      results.push(done);
      continue;
    }
    if (signal?.aborted) continue;
    const score = await objective(params, { index, total: all.length, signal });
    if (typeof score !== "number")
      throw new DlError(
        "value",
        `${what}: the score of ${JSON.stringify(params)} has to be a number, got ${typeof score}: return for example history.last.validation.loss`,
      );
    const trial = { params, score };
    results.push(trial);
    await onTrial?.(trial, results.length, all.length);
  }
  const sign = mode === "min" ? 1 : -1;
  let best: Trial<P> | null = null;
  for (const trial of results)
    if (!Number.isNaN(trial.score) && (!best || sign * trial.score < sign * best.score))
      best = trial;
  return { best, results };
}

/** Equal for equal hyperparameters, in whichever order their names are. Functions are known by their names. */
const keyOf = (params: object): string =>
  JSON.stringify(
    Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)),
    (_, value) => (typeof value === "function" ? `function ${value.name}` : value),
  );

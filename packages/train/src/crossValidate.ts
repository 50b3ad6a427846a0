import { DlError } from "@dl/tensor/core";
import { evaluate } from "./evaluate.ts";
import { type FitOptions, fit } from "./fit.ts";
import type { History } from "./history.ts";
import type { Awaitable, Metrics, MetricValues, Model } from "./interfaces.ts";
import { batchesOf, countRows, type RowOptions, type Rows, type RowsOf } from "./rows.ts";

/** Which examples are trained on, and which are tested on. */
export interface Fold {
  readonly train: ArrayLike<number>;
  readonly test: ArrayLike<number>;
}

/** A model that has not been trained, with its own optimizer; and whatever else of `fit`'s options is its own. */
export type Candidate<B, M extends Metrics> = Partial<FitOptions<B, M>> & {
  model: Model;
  optimizer: FitOptions<B, M>["optimizer"];
};

export type CrossValidateOptions<B, M extends Metrics> = Omit<
  FitOptions<B, M>,
  "optimizer" | "train" | "validation" | "resume"
> &
  RowOptions;

export interface FoldResult<M extends Metrics> {
  /** From 0. */
  readonly fold: number;
  /** On the fold's test examples, after training. */
  readonly loss: number;
  readonly metrics: MetricValues<M>;
  readonly history: History<M>;
  readonly model: Model;
}

/** What came of all folds. Prints as a table. */
export class CrossValidation<M extends Metrics> {
  readonly folds: readonly FoldResult<M>[];
  /** Over the folds, of the loss and of every metric that is a number. */
  readonly mean: Readonly<Record<string, number>>;
  /** Likewise, with n as the divisor, as scikit-learn reports it. */
  readonly std: Readonly<Record<string, number>>;

  constructor(folds: readonly FoldResult<M>[]) {
    const rows = folds.map(({ loss, metrics }): Record<string, unknown> => ({ loss, ...metrics }));
    const names = Object.keys(rows[0] ?? {}).filter((name) => typeof rows[0][name] === "number");
    const columns = names.map((name) => rows.map((row) => row[name] as number));
    this.folds = folds;
    this.mean = Object.fromEntries(names.map((name, i) => [name, meanOf(columns[i])]));
    this.std = Object.fromEntries(names.map((name, i) => [name, deviationOf(columns[i])]));
  }
  toString(): string {
    const name = (x: string) => x.padEnd(Math.max(...Object.keys(this.mean).map((n) => n.length)));
    return Object.entries(this.mean)
      .map(([key, mean]) => `${name(key)}  ${mean.toFixed(4)} ± ${this.std[key].toFixed(4)}`)
      .join("\n");
  }
}

export const meanOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
export function deviationOf(xs: readonly number[]): number {
  const mean = meanOf(xs);
  return Math.sqrt(meanOf(xs.map((x) => (x - mean) ** 2)));
}

/**
 * Trains a new model for every fold, and tests it on the examples that it has not seen.
 *
 * @param make gives a model and its optimizer, untrained, for the fold of this number; both new every time
 * @param data tensors `[input, target]`, a dataset with `getBatch`, or a function from indices to batches
 * @param folds `{ train, test }`, indices of examples each
 * @param options those of `fit`, and `batchSize`
 * @throws DlError "value" without folds, or for a model that was given before; "index" for an example that there is not.
 *
 * @example
 * const folds = [{ train: [0, 1], test: [2] }, { train: [0, 2], test: [1] }];
 * const make = () => {
 *   const weight = tensor([2], { requiresGrad: true });
 *   const model = Object.assign((x: Tensor) => x.mul(weight), { parameters: () => [weight] });
 *   return { model, optimizer: { step() {}, zeroGrad() {} } };
 * };
 * const loss = (output: Tensor, target: Tensor) => output.sub(target).abs().mean();
 * const result = await crossValidate(make, [tensor([1, 2, 3]), tensor([0, 0, 0])], folds, { loss });
 * result.mean.loss // => 5
 * result.std.loss // => 1
 */
export async function crossValidate<B, M extends Metrics = Record<never, never>>(
  make: (fold: number) => Awaitable<Candidate<B, M>>,
  data: Rows<B> | RowsOf<B>,
  folds: Iterable<Fold>,
  options: CrossValidateOptions<B, M>,
): Promise<CrossValidation<M>> {
  const what = "crossValidate";
  const count = typeof data === "function" ? null : countRows(data, what);
  const results: FoldResult<M>[] = [];
  const seen = new Set<Model>();
  let fold = 0;
  for (const { train, test } of folds) {
    check(fold, { train, test }, count);
    const { model, ...own } = await make(fold);
    if (seen.has(model))
      throw new DlError(
        "value",
        `${what}: the model of fold ${fold} has been trained on another fold already: make has to return a new model and optimizer every time`,
      );
    seen.add(model);
    const all = { ...options, ...own };
    const history = await fit(model, {
      ...all,
      train: batchesOf(data, train, "train", options, what),
    } as FitOptions<B, M>);
    if (options.signal?.aborted) {
      if (results.length === 0) options.signal.throwIfAborted();
      break;
    }
    const tested = await evaluate(model, batchesOf(data, test, "test", options, what), all);
    results.push({ fold, loss: tested.loss!, metrics: tested.metrics, history, model });
    fold++;
  }
  if (results.length === 0)
    throw new DlError("value", `${what}: there are no folds: give a list of { train, test }`);
  return new CrossValidation(results);
}

function check(fold: number, { train, test }: Fold, count: number | null): void {
  for (const [part, indices] of Object.entries({ train, test })) {
    if (!(indices?.length > 0))
      throw new DlError("value", `crossValidate: fold ${fold} has no examples in "${part}"`);
    const wrong = Array.from(indices).find(
      (i) => !(Number.isInteger(i) && i >= 0 && (count === null || i < count)),
    );
    if (wrong !== undefined)
      throw new DlError(
        "index",
        `crossValidate: fold ${fold} has example ${wrong} in "${part}"${count === null ? "" : `, there are ${count}`}`,
      );
  }
}

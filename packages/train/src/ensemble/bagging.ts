import {
  add,
  DlError,
  defaultGenerator,
  div,
  type Generator,
  mul,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import type { Awaitable, Predictor } from "../interfaces.ts";
import { outputOf, precise, predicting } from "./members.ts";

/** Some of the examples, by index. */
export interface Sample {
  readonly indices: Int32Array;
  /** Those that are not among them, ascending. */
  readonly outOfBag: Int32Array;
}
export interface SampleOptions {
  /** How many are drawn. Default: as many as there are. */
  size?: number;
  /** Whether one may be drawn again: a bootstrap. Default true. */
  replacement?: boolean;
  /** Default: the stream that `manualSeed` starts. */
  generator?: Generator;
}

/**
 * Examples drawn at random.
 *
 * @example
 * const { indices, outOfBag } = bootstrap(100, { generator: new Generator(1) });
 * indices.length // => 100
 * outOfBag.length // => 36
 */
export function bootstrap(
  length: number,
  { size = length, replacement = true, generator = defaultGenerator }: SampleOptions = {},
): Sample {
  if (!Number.isInteger(length) || length < 1 || !Number.isInteger(size) || size < 1)
    throw new DlError(
      "value",
      `bootstrap: ${size} of ${length} examples cannot be drawn: both are whole numbers from 1`,
    );
  if (!replacement && size > length)
    throw new DlError(
      "value",
      `bootstrap: ${size} of ${length} examples cannot be drawn without replacement`,
    );
  const indices = replacement
    ? Int32Array.from({ length: size }, () => Math.floor(length * generator.uniform64()))
    : generator.permutation(length).slice(0, size);
  const drawn = new Set(indices);
  const rest = Array.from({ length }, (_, i) => i).filter((i) => !drawn.has(i));
  return { indices, outOfBag: Int32Array.from(rest) };
}

/** Models that were trained on samples of their own. */
export class Bagging<P extends Predictor> {
  readonly models: readonly P[];
  readonly samples: readonly Sample[];

  constructor(models: readonly P[], samples: readonly Sample[]) {
    this.models = models;
    this.samples = samples;
  }
  /**
   * For each training example the mean output of the models that were not trained on it: an estimate on unseen data
   * without any held back. NaN for examples that every model has seen.
   *
   * @param x all training inputs, in the order that the samples' indices mean
   */
  outOfBag(x: Tensor): Tensor {
    return predicting(this.models, () => {
      let [sum, count]: [Tensor | null, Tensor | null] = [null, null];
      for (const [m, model] of this.models.entries()) {
        const output = precise(outputOf(model, x, "Bagging.outOfBag"));
        const mask = new Float32Array(output.shape[0]);
        for (const i of this.samples[m].outOfBag) mask[i] = 1;
        const unseen = tensor(mask, { device: output.device })
          .to(output.dtype)
          .reshape([mask.length, ...output.shape.slice(1).map(() => 1)]);
        const term = mul(output, unseen);
        sum = sum ? add(sum, term) : term;
        count = count ? add(count, unseen) : unseen;
      }
      return div(sum!, count!);
    });
  }
}

/**
 * Trains models on samples of the data, drawn with replacement, one each. Hand `models` to an AveragingEnsemble or a
 * VotingEnsemble.
 *
 * @param train gives a model that was trained on the examples of these indices
 * @param length how many examples there are
 * @param options `count`: how many models, default 10; and how samples are drawn
 *
 * @example
 * const { models } = await bagging(
 *   (indices) => (x: Tensor) => x.mul(indices.length),
 *   4,
 *   { count: 3, size: 2 },
 * );
 * new AveragingEnsemble(models).predict(tensor([1, 2])) // => [2, 4]
 */
export async function bagging<P extends Predictor>(
  train: (indices: Int32Array, member: number) => Awaitable<P>,
  length: number,
  { count = 10, ...options }: SampleOptions & { count?: number } = {},
): Promise<Bagging<P>> {
  if (!Number.isInteger(count) || count < 1)
    throw new DlError("value", `bagging: count has to be a whole number from 1, got ${count}`);
  // All at first, so that what training draws does not change them.
  const samples = Array.from({ length: count }, () => bootstrap(length, options));
  const models: P[] = [];
  for (const [i, { indices }] of samples.entries()) models.push(await train(indices, i));
  return new Bagging(models, samples);
}

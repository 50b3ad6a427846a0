import {
  add,
  argmax,
  DlError,
  defaultGenerator,
  type Generator,
  isTensor,
  mul,
  softmax,
  sub,
  type Tensor,
} from "@dl/tensor/core";
import type { Awaitable, Predictor } from "../interfaces.ts";
import { outputOf, predicting, votes } from "./members.ts";

/** What the next model is trained by. */
export interface BoostingRound {
  /** From 0. */
  readonly index: number;
  /** How much each example counts; they add up to 1. */
  readonly weights: Float64Array;
  /** Indices drawn by these weights, with replacement: for a model that cannot weight examples. */
  resample(size?: number): Int32Array;
}

export interface AdaBoostOptions {
  /** How many classes. Default: one more than the largest label. */
  classes?: number;
  /** How many models at most. Default 50. */
  estimators?: number;
  /** By which the weights of models are multiplied. Default 1. */
  learningRate?: number;
  /** How much each example counts at first. Default: equally. */
  sampleWeight?: ArrayLike<number>;
  /** Of resampling. Default: the stream that `manualSeed` starts. */
  generator?: Generator;
}

/** Models with weights, which vote. Made by `adaBoost`. */
export class AdaBoost<P extends Predictor> {
  readonly models: readonly P[];
  /** αₘ of each model. */
  readonly weights: readonly number[];
  /** The weighted share of examples that each model gets wrong. */
  readonly errors: readonly number[];
  readonly classes: number;
  /** Why there are fewer models than were asked for; null if there are as many. */
  readonly stopped: string | null;

  constructor(parts: Pick<AdaBoost<P>, "models" | "weights" | "errors" | "classes" | "stopped">) {
    this.models = parts.models;
    this.weights = parts.weights;
    this.errors = parts.errors;
    this.classes = parts.classes;
    this.stopped = parts.stopped;
  }
  /**
   * `[N, C]`: of every class
   *
   *     Σ αₘ [model m says c] − αₘ [it does not] / (C − 1)      over Σ αₘ
   */
  decision(x: unknown): Tensor {
    const { classes, models, weights } = this;
    const total = weights.reduce((a, b) => a + b, 0);
    return predicting(models, () =>
      models
        .map((model, m) => {
          const vote = votes(outputOf(model, x, "AdaBoost"), classes, "AdaBoost");
          const signed = sub(mul(vote, classes / (classes - 1)), 1 / (classes - 1));
          return mul(signed, weights[m] / total);
        })
        .reduce((a, b) => add(a, b)),
    );
  }
  /** The class of each example, `[N]`. */
  predict(x: unknown): Tensor {
    return predicting(this.models, () => argmax(this.decision(x), 1));
  }
  /** `[N, C]`: softmax(decision / (C − 1)) */
  predictProba(x: unknown): Tensor {
    return predicting(this.models, () => softmax(mul(this.decision(x), 1 / (this.classes - 1)), 1));
  }
}

/**
 * AdaBoost for any number of classes C (SAMME): models are trained one after the other, each on what the ones before it
 * got wrong.
 *
 *     εₘ = Σ wᵢ [model m is wrong about i]
 *     αₘ = learningRate · (log((1 − εₘ) / εₘ) + log(C − 1))
 *     wᵢ ← wᵢ exp(αₘ [model m is wrong about i]) / Σ
 *
 * It ends early when a model gets everything right (its α is 1 then), or when one is no better than chance (it is
 * left out).
 *
 * @param train gives a model that was trained by `weights`, or on `resample()`; it returns scores `[N, C]` or class
 *   numbers `[N]`
 * @param x all inputs, as models take them
 * @param labels whole numbers from 0
 * @throws DlError "value" when already the first model is no better than chance, or for labels that are not such numbers.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.ensemble.AdaBoostClassifier.html
 *
 * @example
 * const x = tensor([[0], [1], [2], [3]]);
 * const labels = [0, 1, 0, 0];
 * const cuts = [(x: Tensor) => x.lt(1.5), (x: Tensor) => x.lt(0.5).logicalNot()];
 * const stump = (cut: (x: Tensor) => Tensor) => (x: Tensor) => cut(x).squeeze(1).int();
 * const boosted = await adaBoost(({ index }) => stump(cuts[index]), x, labels, { estimators: 2 });
 * boosted.weights // => [1.0986, 0.6931]
 */
export async function adaBoost<P extends Predictor>(
  train: (round: BoostingRound) => Awaitable<P>,
  x: unknown,
  labels: Tensor | ArrayLike<number>,
  options: AdaBoostOptions = {},
): Promise<AdaBoost<P>> {
  const what = "adaBoost";
  const { estimators = 50, learningRate = 1, generator = defaultGenerator } = options;
  const y = Array.from(isTensor(labels) ? await labels.data() : labels);
  const classes = options.classes ?? y.reduce((a, b) => Math.max(a, b), -1) + 1;
  check(y, classes, options);
  const zero = Array.from(y, (_, i) => options.sampleWeight?.[i] === 0);
  let weights = normalised(Float64Array.from(y, (_, i) => options.sampleWeight?.[i] ?? 1));
  const models: P[] = [];
  const alphas: number[] = [];
  const errors: number[] = [];
  let stopped: string | null = null;
  for (let index = 0; index < estimators && stopped === null; index++) {
    // As scikit-learn does: no weight that was above zero gets lost.
    weights = weights.map((w, i) => (zero[i] ? 0 : Math.max(w, Number.EPSILON)));
    const current = weights;
    const resample = (size = y.length) => draw(current, size, generator);
    const model = await train({ index, weights: weights.slice(), resample });
    const said = predicting([model], () =>
      argmax(votes(outputOf(model, x, what), classes, what), 1),
    );
    const predicted = await said.data();
    said.dispose();
    if (predicted.length !== y.length)
      throw new DlError(
        "shape",
        `${what}: there are ${y.length} labels, a model classified ${predicted.length} examples`,
      );
    const wrong = y.map((label, i) => predicted[i] !== label);
    const error = sumOf(weights.filter((_, i) => wrong[i])) / sumOf(weights);
    if (error >= 1 - 1 / classes) {
      if (models.length === 0)
        throw new DlError(
          "value",
          `${what}: the first model is wrong about ${(100 * error).toFixed(1)} % of the examples, no better than chance: train it for longer, or on weights and resample() of its round`,
        );
      stopped = "a model was no better than chance";
      break;
    }
    const isPerfect = error <= 0;
    const alpha = isPerfect
      ? 1
      : learningRate * (Math.log((1 - error) / error) + Math.log(classes - 1));
    models.push(model);
    alphas.push(alpha);
    errors.push(isPerfect ? 0 : error);
    if (isPerfect) stopped = "a model got everything right";
    else if (index < estimators - 1) {
      const next = weights.map((w, i) => (wrong[i] ? w * Math.exp(alpha) : w));
      if (Number.isFinite(sumOf(next))) weights = normalised(next);
      else stopped = "weights became infinite: try a lower learningRate";
    }
  }
  return new AdaBoost({ models, weights: alphas, errors, classes, stopped });
}

const sumOf = (xs: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += xs[i];
  return sum;
};
function normalised(weights: Float64Array): Float64Array<ArrayBuffer> {
  const sum = sumOf(weights);
  return Float64Array.from(weights, (w) => w / sum);
}

/** Indices in proportion to weights that add up to about 1. */
function draw(weights: Float64Array, size: number, generator: Generator): Int32Array {
  const upTo = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < upTo.length; i++) upTo[i] = sum += weights[i];
  const last = weights.findLastIndex((w) => w > 0);
  return Int32Array.from({ length: size }, () => {
    const at = sum * generator.uniform64();
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

function check(y: readonly number[], classes: number, options: AdaBoostOptions): void {
  const { estimators = 50, learningRate = 1, sampleWeight } = options;
  const fail = (message: string): never => {
    throw new DlError("value", `adaBoost: ${message}`);
  };
  if (!Number.isInteger(estimators) || estimators < 1)
    fail(`estimators is a whole number from 1, got ${estimators}`);
  if (!(learningRate > 0)) fail(`learningRate has to be above 0, got ${learningRate}`);
  if (y.length === 0) fail("there are no examples");
  const wrong = y.find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong !== undefined)
    fail(`labels are whole numbers from 0 to ${classes - 1}, there is ${wrong}`);
  if (!Number.isInteger(classes) || classes < 2)
    fail(`there have to be two classes or more, there are ${classes}`);
  if (!sampleWeight) return;
  const weights = Array.from(sampleWeight);
  if (weights.length !== y.length || weights.some((w) => !(w >= 0)) || !(sumOf(weights) > 0))
    fail(
      `sampleWeight has a number from 0 for each of the ${y.length} examples, not all of them 0`,
    );
}

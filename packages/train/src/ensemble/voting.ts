import { add, argmax, DlError, mul, type Tensor } from "@dl/tensor/core";
import type { Predictor } from "../interfaces.ts";
import {
  type Outputs,
  outputOf,
  precise,
  predicting,
  probabilities,
  shares,
  votes,
} from "./members.ts";

export interface EnsembleOptions {
  /** How much each model counts. Default: equally. */
  weights?: readonly number[];
}

const weighted = (terms: readonly Tensor[], weights: readonly number[]): Tensor =>
  terms.map((t, i) => mul(t, weights[i])).reduce((a, b) => add(a, b));

/**
 * The mean of what several models return: for regression, or for logits and probabilities.
 *
 *     y = Σ wₘ yₘ / Σ wₘ
 *
 * @example
 * const twice = (x: Tensor) => x.mul(2);
 * const same = (x: Tensor) => x;
 * new AveragingEnsemble([twice, same], { weights: [1, 3] }).predict(tensor([4, 8])) // => [5, 10]
 */
export class AveragingEnsemble {
  readonly models: readonly Predictor[];
  readonly weights: readonly number[];

  constructor(models: readonly Predictor[], { weights }: EnsembleOptions = {}) {
    this.models = models;
    this.weights = shares(models, weights, "AveragingEnsemble");
  }
  predict(x: unknown): Tensor {
    const { models, weights } = this;
    return predicting(models, () => {
      const outputs = models.map((model) => outputOf(model, x, "AveragingEnsemble"));
      return weighted(outputs.map(precise), weights).to(outputs[0].dtype);
    });
  }
}

export interface VotingOptions extends EnsembleOptions {
  /**
   * `"hard"` (the default): each model votes for its class, and the class with the most votes wins. `"soft"`: the class
   * with the largest mean probability.
   */
  voting?: "hard" | "soft";
  /** What the models return, for soft voting. Default `"logits"`. */
  outputs?: Outputs;
  /** How many classes, for models that return class numbers. */
  classes?: number;
}

/**
 * Several classifiers as one. Of classes with equal votes the first wins, as with scikit-learn.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.ensemble.VotingClassifier.html
 *
 * @example
 * const sure = () => tensor([[0, 5]]);
 * const unsure = () => tensor([[0.1, 0]]);
 * new VotingEnsemble([sure, unsure, unsure]).predict(null) // => [0]
 * new VotingEnsemble([sure, unsure, unsure], { voting: "soft" }).predict(null) // => [1]
 */
export class VotingEnsemble {
  readonly models: readonly Predictor[];
  readonly weights: readonly number[];
  readonly #options: VotingOptions;

  constructor(models: readonly Predictor[], options: VotingOptions = {}) {
    const { voting = "hard", outputs = "logits" } = options;
    if (!["hard", "soft"].includes(voting))
      throw new DlError("value", `VotingEnsemble: voting is "hard" or "soft", got "${voting}"`);
    if (!["logits", "probabilities"].includes(outputs))
      throw new DlError(
        "value",
        `VotingEnsemble: outputs are "logits" or "probabilities", got "${outputs}"`,
      );
    this.models = models;
    this.weights = shares(models, options.weights, "VotingEnsemble");
    this.#options = options;
  }
  /** The class of each example, `[N]`. */
  predict(x: unknown): Tensor {
    return predicting(this.models, () => argmax(this.predictProba(x), 1));
  }
  /** `[N, C]`: mean probabilities, or with hard voting shares of the votes. */
  predictProba(x: unknown): Tensor {
    const { voting = "hard", outputs = "logits", classes = null } = this.#options;
    return predicting(this.models, () => {
      const each = this.models.map((model) => {
        const output = outputOf(model, x, "VotingEnsemble");
        return voting === "hard"
          ? votes(output, classes, "VotingEnsemble")
          : probabilities(output, outputs, "VotingEnsemble");
      });
      return weighted(each, this.weights);
    });
  }
}

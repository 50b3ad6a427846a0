/**
 * Parametrizations of weights.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.html#utilities
 */
import { DlError, type Tensor } from "@dl/tensor/core";
import { normalize } from "../functional/distance.ts";
import { Module } from "../module.ts";
import { derivationOf } from "./derived.ts";
import { asMatrix, outputDim, powerIterations, spectralNormOf } from "./matrix.ts";
import { registerParametrization } from "./parametrize.ts";
import { randomUnit, type SpectralNormOptions } from "./spectralNorm.ts";
import { normalizedWeight, normExceptDim } from "./weightNorm.ts";

export { type OrthogonalMap, type OrthogonalOptions, orthogonal } from "./orthogonal.ts";

class _WeightNorm extends Module {
  readonly dim: number | null;
  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }
  forward(g: Tensor, v: Tensor): Tensor {
    return normalizedWeight(v, g, this.dim);
  }
  rightInverse(weight: Tensor): [g: Tensor, v: Tensor] {
    return [normExceptDim(weight, this.dim), weight];
  }
}

/**
 * Learns a parameter as length and direction: `w = g · v / ‖v‖`, with a length for each index of `dim`. They are
 * `parametrizations.weight.original0` (g) and `original1` (v) in the state dictionary.
 *
 * @param name the field. Default `"weight"`.
 * @param dim null: one length for the whole tensor. Default 0.
 * State dictionaries of modules with the older `utils.weightNorm` can be loaded, too.
 *
 * @returns the module; `parametrize.removeParametrizations(module, "weight")` makes it plain again.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html
 *
 * @example
 * const layer = weightNorm(new Linear(4, 2));
 * layer.getParameter("parametrizations.weight.original0").shape // => [2, 1]
 */
export function weightNorm<M extends Module>(
  module: M,
  { name = "weight", dim = 0 }: { name?: string; dim?: number | null } = {},
): M {
  registerParametrization(module, name, new _WeightNorm(dim), { unsafe: true });
  const { key } = derivationOf(module, name)!;
  // What `utils.weightNorm` saves.
  module.registerLoadStateDictPreHook((_, dict, prefix) => {
    const old = [`${prefix}${key}_g`, `${prefix}${key}_v`];
    if (!old.every((k) => k in dict)) return;
    old.forEach((k, i) => {
      dict[`${prefix}parametrizations.${key}.original${i}`] = dict[k];
      delete dict[k];
    });
  });
  return module;
}

class _SpectralNorm extends Module {
  readonly dim: number;
  readonly eps: number;
  readonly nPowerIterations: number;
  u: Tensor | null = null;
  v: Tensor | null = null;

  constructor(weight: Tensor, nPowerIterations: number, dim: number, eps: number) {
    super();
    if (!(nPowerIterations > 0))
      throw new DlError(
        "value",
        `spectralNorm: nPowerIterations has to be positive, got ${nPowerIterations}`,
      );
    this.dim = dim < 0 ? dim + weight.rank : dim;
    this.eps = eps;
    this.nPowerIterations = nPowerIterations;
    // The norm of a vector needs no estimate.
    if (weight.rank === 1) return;
    const matrix = asMatrix(weight.detach(), this.dim);
    this.u = this.registerBuffer("u", randomUnit(matrix.shape[0], weight, eps), { key: "_u" });
    this.v = this.registerBuffer("v", randomUnit(matrix.shape[1], weight, eps), { key: "_v" });
    this._iterate(matrix, 15);
  }
  private _iterate(matrix: Tensor, steps: number): void {
    powerIterations(matrix, this.u!, this.v!, { steps, eps: this.eps, first: "u" });
  }

  forward(weight: Tensor): Tensor {
    if (!this.u || !this.v) return normalize(weight, { dim: 0, eps: this.eps });
    const matrix = asMatrix(weight, this.dim);
    if (this.training) this._iterate(matrix, this.nPowerIterations);
    return weight.div(spectralNormOf(matrix, this.u, this.v));
  }
  rightInverse(value: Tensor): Tensor {
    return value;
  }
}

/**
 * Divides a parameter by its largest singular value, which is estimated by 15 power iterations at first and more in
 * every call in training. What is learnt is `parametrizations.weight.original` in the state dictionary; the estimates of
 * the singular vectors are `parametrizations.weight.0._u` and `_v`.
 *
 * @returns the module; `parametrize.removeParametrizations(module, "weight")` makes it plain again.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html
 *
 * @example
 * const layer = spectralNorm(new Linear(1, 1));
 * layer.eval().weight.abs() // => [[1]]
 */
export function spectralNorm<M extends Module>(
  module: M,
  { name = "weight", nPowerIterations = 1, eps = 1e-12, dim = null }: SpectralNormOptions = {},
): M {
  const weight = (module as unknown as Record<string, Tensor | undefined>)[name];
  if (!weight)
    throw new DlError("value", `spectralNorm: ${module.constructor.name} has no "${name}"`);
  const outputs = dim ?? outputDim(module);
  return registerParametrization(
    module,
    name,
    new _SpectralNorm(weight, nPowerIterations, outputs, eps),
  );
}

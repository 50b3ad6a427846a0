import { DlError, type Tensor, zeros } from "@dl/tensor/core";
import { normalize } from "../functional/distance.ts";
import * as init from "../init.ts";
import type { Module } from "../module.ts";
import { quietly } from "../quiet.ts";
import {
  derivationOf,
  derive,
  fieldOf,
  parameterIn,
  removeFields,
  restore,
  underive,
} from "./derived.ts";
import { asMatrix, outputDim, powerIterations, spectralNormOf } from "./matrix.ts";

/** A random vector of length 1, like PyTorch's after the same seed. */
export const randomUnit = (size: number, like: Tensor, eps: number): Tensor =>
  quietly(() =>
    normalize(init.normal_(zeros([size], { dtype: like.dtype, device: like.device })), {
      dim: 0,
      eps,
    }),
  );

export interface SpectralNormOptions {
  /** The field. Default `"weight"`. */
  name?: string;
  /** Improvements of the estimate in every call in training. Default 1. */
  nPowerIterations?: number;
  /** What lengths are at least, where they divide. Default 1e-12. */
  eps?: number;
  /** The dimension that counts outputs. Default 0, and 1 of transposed convolutions. */
  dim?: number | null;
}
const KIND = "spectralNorm";

/**
 * Divides a weight by its largest singular value, estimated by power iteration in every call in training. The weight
 * itself is the parameter `weight_orig`; the estimates of the singular vectors are the buffers `weight_u`, `weight_v`.
 *
 * PyTorch recommends `parametrizations.spectralNorm`, which has other keys and starts with a better estimate.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html
 *
 * @example
 * const layer = spectralNorm(new Linear(4, 2));
 * Object.keys(layer.stateDict()) // => ["bias", "weight_orig", "weight_u", "weight_v"]
 */
export function spectralNorm<M extends Module>(
  module: M,
  { name = "weight", nPowerIterations = 1, eps = 1e-12, dim = null }: SpectralNormOptions = {},
): M {
  if (derivationOf(module, name))
    throw new DlError("value", `spectralNorm: ${name} is computed from other parameters already`);
  const { parameter: original, key } = parameterIn("spectralNorm", module, name);
  const outputs = dim ?? outputDim(module);
  const [rows, columns] = asMatrix(original, outputs).shape;
  const u = randomUnit(rows, original, eps);
  const v = randomUnit(columns, original, eps);
  removeFields(module, name);
  module.registerParameter(`${name}Orig`, original, { key: `${key}_orig` });
  module.registerBuffer(`${name}U`, u, { key: `${key}_u` });
  module.registerBuffer(`${name}V`, v, { key: `${key}_v` });
  derive(module, name, {
    kind: KIND,
    key,
    compute(m, isCall) {
      const [weight, u, v] = ["Orig", "U", "V"].map((part) => fieldOf(m, name + part));
      const matrix = asMatrix(weight, outputs);
      if (isCall && m.training) {
        powerIterations(matrix, u, v, { steps: nPowerIterations, eps, first: "v" });
      }
      return weight.div(spectralNormOf(matrix, u, v));
    },
  });
  return module;
}

/**
 * Makes the weight a plain parameter again, with the values it has.
 *
 * @throws DlError "value" when the module has no spectral normalisation of that name.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_spectral_norm.html
 *
 * @example
 * const layer = removeSpectralNorm(spectralNorm(new Linear(4, 2)));
 * Object.keys(layer.stateDict()) // => ["bias", "weight"]
 */
export function removeSpectralNorm<M extends Module>(
  module: M,
  { name = "weight" }: { name?: string } = {},
): M {
  const found = derivationOf(module, name);
  if (found?.kind !== KIND)
    throw new DlError(
      "value",
      `removeSpectralNorm: ${module.constructor.name} has no spectral normalisation of "${name}"`,
    );
  const weight = quietly(() => fieldOf(module, name));
  underive(module, name);
  removeFields(module, `${name}Orig`, `${name}U`, `${name}V`);
  restore(module, name, weight, found.key);
  return module;
}

import { DlError, norm, type Tensor } from "@dl/tensor/core";
import type { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
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

/** ‖v‖ over every dimension but `dim`, which are kept; of all of v, as a scalar, if `dim` is null or −1. */
export function normExceptDim(v: Tensor, dim: number | null): Tensor {
  if (dim === null || dim === -1) return norm(v);
  return norm(v, { dim: v.shape.map((_, d) => d).filter((d) => d !== dim), keepdim: true });
}
/** g · v / ‖v‖ */
export const normalizedWeight = (v: Tensor, g: Tensor, dim: number | null): Tensor =>
  v.mul(g.div(normExceptDim(v, dim)));

const KIND = "weightNorm";

/**
 * Replaces a parameter by its length and its direction: `w = g · v / ‖v‖`, with a length for each index of `dim`. They
 * are the parameters `weight_g` and `weight_v`; `weight` is computed from them for every call.
 *
 * PyTorch recommends `parametrizations.weightNorm`, which is the same under other keys.
 *
 * @param name the field. Default `"weight"`.
 * @param dim null: one length for the whole tensor. Default 0.
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html
 *
 * @example
 * const layer = weightNorm(new Linear(4, 2));
 * Object.keys(layer.stateDict()) // => ["bias", "weight_g", "weight_v"]
 */
export function weightNorm<M extends Module>(
  module: M,
  { name = "weight", dim = 0 }: { name?: string; dim?: number | null } = {},
): M {
  if (derivationOf(module, name))
    throw new DlError("value", `weightNorm: ${name} is computed from other parameters already`);
  const { parameter, key } = parameterIn("weightNorm", module, name);
  const [g, v] = quietly(() => [
    new Parameter(normExceptDim(parameter, dim)),
    new Parameter(parameter),
  ]);
  removeFields(module, name);
  module.registerParameter(`${name}G`, g, { key: `${key}_g` });
  module.registerParameter(`${name}V`, v, { key: `${key}_v` });
  const compute = (m: Module) =>
    normalizedWeight(fieldOf(m, `${name}V`), fieldOf(m, `${name}G`), dim);
  derive(module, name, { kind: KIND, key, compute });
  return module;
}

/**
 * Makes the weight a plain parameter again, with the values it has.
 *
 * @throws DlError "value" when the module has no weight normalisation of that name.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_weight_norm.html
 *
 * @example
 * const layer = removeWeightNorm(weightNorm(new Linear(4, 2)));
 * Object.keys(layer.stateDict()) // => ["bias", "weight"]
 */
export function removeWeightNorm<M extends Module>(
  module: M,
  { name = "weight" }: { name?: string } = {},
): M {
  const found = derivationOf(module, name);
  if (found?.kind !== KIND)
    throw new DlError(
      "value",
      `removeWeightNorm: ${module.constructor.name} has no weight normalisation of "${name}"`,
    );
  const weight = quietly(() => fieldOf(module, name));
  underive(module, name);
  removeFields(module, `${name}G`, `${name}V`);
  restore(module, name, weight, found.key);
  return module;
}

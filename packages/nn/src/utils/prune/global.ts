import { DlError, onesLike, type Tensor } from "@dl/tensor/core";
import type { Module } from "../../module.ts";
import { quietly } from "../../quiet.ts";
import { derivationOf, fieldOf } from "../derived.ts";
import { parametersToVector } from "../parametersToVector.ts";
import { customFromMask } from "./masks.ts";
import { type BasePruningMethod, PruningContainer } from "./method.ts";

export interface GlobalPruningOptions {
  /** For the method's constructor, where its class is given: a part from 0 to 1, or a whole number of elements. */
  amount?: number;
  /** How important the elements of some are, instead of their own values. */
  importanceScores?: Iterable<readonly [module: Module, name: string, scores: Tensor]>;
}

/**
 * Prunes several parameters as if they were one vector: which elements go is decided among all of them.
 *
 * @param parameters modules and their fields
 * @param pruningMethod a class such as `L1Unstructured`, with its `amount` among the options, or a method
 * @throws DlError "value" for a method that does not choose single elements.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.global_unstructured.html
 *
 * @example
 * const [first, second] = [new Linear(2, 2), new Linear(2, 1)];
 * init.constant_(first.weight, 1);
 * init.constant_(second.weight, 2);
 * const { L1Unstructured } = utils.prune;
 * globalUnstructured([[first, "weight"], [second, "weight"]], L1Unstructured, { amount: 3 });
 * [first.weight, second.weight].map((w) => w.ne(0).sum().itemSync()) // => [1, 2]
 */
export function globalUnstructured(
  parameters: Iterable<readonly [module: Module, name: string]>,
  pruningMethod: (new (amount: number) => BasePruningMethod) | BasePruningMethod,
  { amount, importanceScores = [] }: GlobalPruningOptions = {},
): void {
  const list = [...parameters];
  const method =
    typeof pruningMethod === "function" ? new pruningMethod(amount as number) : pruningMethod;
  if (method.pruningType !== "unstructured")
    throw new DlError(
      "value",
      `globalUnstructured: ${method.constructor.name} is "${method.pruningType}", one that is "unstructured" is wanted`,
    );
  const given = [...importanceScores];
  quietly(() => {
    const scores = list.map(
      ([module, name]) =>
        given.find(([m, n]) => m === module && n === name)?.[2] ?? fieldOf(module, name),
    );
    const masks = list.map(([module, name], i) =>
      derivationOf(module, name) ? fieldOf(module, `${name}Mask`) : onesLike(scores[i]),
    );
    method.tensorName = "temp";
    const container = new PruningContainer(method);
    const mask = container.computeMask(parametersToVector(scores), parametersToVector(masks));
    let start = 0;
    list.forEach(([module, name], i) => {
      const { shape, numel } = scores[i];
      customFromMask(module, name, mask.narrow(0, start, numel).reshape(shape));
      start += numel;
    });
  });
}

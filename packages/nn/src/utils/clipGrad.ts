/** Limiting gradients, in place. */
import {
  assignEach,
  DlError,
  expr,
  isTensor,
  norm,
  program,
  scope,
  stack,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import { quietly } from "../quiet.ts";

export interface TotalNormOptions {
  /** The order of the norm; Infinity, or `"inf"`, is the largest element. Default 2. */
  normType?: number | "inf";
  /** Throw when the norm is infinite or NaN. Reads it, so it waits for the device. Default false. */
  errorIfNonfinite?: boolean;
}
export type Tensors = Tensor | Iterable<Tensor>;

const listOf = (tensors: Tensors): Tensor[] => (isTensor(tensors) ? [tensors] : [...tensors]);
const gradientsOf = (parameters: Tensors): Tensor[] =>
  listOf(parameters).flatMap((p) => (p.grad ? [p.grad] : []));

/**
 * The norm of all tensors as one vector, a scalar on the device of the first: nothing is read back.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.get_total_norm.html
 *
 * @example
 * getTotalNorm([tensor([3]), tensor([0, 4])]) // => 5
 */
export function getTotalNorm(
  tensors: Tensors,
  { normType = 2, errorIfNonfinite = false }: TotalNormOptions = {},
): Tensor {
  const list = listOf(tensors);
  if (list.length === 0) return tensor(0);
  const p = normType === "inf" ? Infinity : normType;
  const total = quietly(() =>
    scope(
      () => {
        const { device } = list[0];
        const norms = list.map((t) => norm(t, { p }).to(device));
        return norm(stack(norms), { p });
      },
      { name: "getTotalNorm()" },
    ),
  );
  if (errorIfNonfinite && !Number.isFinite(total.itemSync())) {
    throw new DlError(
      "value",
      `getTotalNorm: the norm of order ${normType} of the gradients is ${total.itemSync()}: without errorIfNonfinite they are scaled by it`,
    );
  }
  return total;
}

const { add, div, input, max, min, mul, scalar } = expr;
/** g · min(maxNorm / (norm + 1e-6), 1) */
const SHORTENED = program([mul(input(0), min(div(scalar(0), add(input(1), 1e-6)), 1))], 2, 1);
const LIMITED = program([min(max(input(0), scalar(0)), scalar(1))], 1, 2);

/**
 * Multiplies gradients by `min(maxNorm / (totalNorm + 1e-6), 1)`, in place.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grads_with_norm_.html
 */
export function clipGradsWithNorm_(parameters: Tensors, maxNorm: number, totalNorm: Tensor): void {
  const gradients = gradientsOf(parameters);
  scope(() => {
    const assignments = gradients.map((g) => {
      const norm = totalNorm
        .detach()
        .to(g.device)
        .reshape(g.shape.map(() => 1));
      const operands = [g.memory, norm.expand(g.shape).memory];
      return { targets: [g.memory], operands, scalars: [maxNorm] };
    });
    assignEach(SHORTENED, assignments);
  });
}

/**
 * Shortens the gradients of the parameters together to the length `maxNorm`, in place, if they are longer. Without
 * reading anything back: the factor is computed where the gradients are.
 *
 * @param parameters one or several; those without a gradient do not count.
 * @returns the norm before, a scalar tensor
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @example
 * const weight = new Parameter(tensor([3, 4]));
 * weight.grad = tensor([6, 8]);
 * clipGradNorm_([weight], 1) // => 10
 * weight.grad // => [0.6, 0.8]
 */
export function clipGradNorm_(
  parameters: Tensors,
  maxNorm: number,
  options: TotalNormOptions = {},
): Tensor {
  const list = listOf(parameters);
  const total = getTotalNorm(gradientsOf(list), options);
  clipGradsWithNorm_(list, maxNorm, total);
  return total;
}

/**
 * Limits every element of the gradients to ±clipValue, in place.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 *
 * @example
 * const weight = new Parameter(tensor([3, 4]));
 * weight.grad = tensor([6, -0.5]);
 * clipGradValue_(weight, 1);
 * weight.grad // => [1, -0.5]
 */
export function clipGradValue_(parameters: Tensors, clipValue: number): void {
  const scalars = [-clipValue, clipValue];
  assignEach(
    LIMITED,
    gradientsOf(parameters).map((g) => ({ targets: [g.memory], operands: [g.memory], scalars })),
  );
}

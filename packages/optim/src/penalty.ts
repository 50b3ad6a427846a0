import { DlError, isTensor, scope, type Tensor } from "@dl/tensor/core";

/**
 * The sum of the absolute values of all parameters, to be added to a loss: it draws weights to exactly 0.
 *
 *     Σ |w|
 *
 * Its gradient is the sign, 0 at 0.
 *
 * @param params tensors, such as `model.parameters()` or those whose name ends in "weight"
 * @returns scalar, with a gradient
 * @throws DlError if there are no tensors.
 *
 * @example
 * l1Penalty([tensor([1, -2]), tensor([[3]])]) // => 6
 */
export function l1Penalty(params: Iterable<Tensor> | Tensor): Tensor {
  return total("l1Penalty", params, (w) => w.abs().sum());
}

/**
 * The sum of the squares of all parameters, to be added to a loss. The gradient of λ times it is 2 λ w, so with SGD it
 * does what `weightDecay: 2 λ` does; Adam and its like would divide it away, and AdamW's decay is the better choice there.
 *
 *     Σ w²
 *
 * @param params tensors, such as `model.parameters()` or those whose name ends in "weight"
 * @returns scalar, with a gradient
 * @throws DlError if there are no tensors.
 *
 * @example
 * l2Penalty([tensor([1, -2]), tensor([[3]])]) // => 14
 */
export function l2Penalty(params: Iterable<Tensor> | Tensor): Tensor {
  return total("l2Penalty", params, (w) => w.square().sum());
}

function total(
  name: string,
  params: Iterable<Tensor> | Tensor,
  one: (w: Tensor) => Tensor,
): Tensor {
  const list = isTensor(params) ? [params] : [...params];
  if (list.length === 0)
    throw new DlError("value", `${name}: there are no parameters: pass model.parameters()`);
  return scope(() => list.map(one).reduce((a, b) => a.add(b)));
}

/** What a tensor is, and the tensor without its history, as functions. */
import { isFloating } from "../dtype.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The same numbers, in the same memory, without history.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html
 *
 * @example
 * detach(tensor([1, 2]).requiresGrad_()).requiresGrad // => false
 */
export const detach = (x: Tensor): Tensor => x.detach();

/**
 * Does it hold floating point numbers?
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.is_floating_point.html
 *
 * @example
 * isFloatingPoint(tensor([1], { dtype: "int32" })) // => false
 */
export const isFloatingPoint = (x: Tensor): boolean => isFloating(x.dtype);

/**
 * Have both the same shape?
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_same_size.html
 *
 * @example
 * isSameSize(zeros(2, 3), zeros(3, 2)) // => false
 */
export const isSameSize = (x: Tensor, other: Tensor): boolean => sameShape(x.shape, other.shape);

/**
 * Can it hold numbers below 0?
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_signed.html
 *
 * @example
 * isSigned(tensor([1], { dtype: "uint8" })) // => false
 */
export const isSigned = (x: Tensor): boolean => x.dtype !== "uint8" && x.dtype !== "bool";

/**
 * Is the one element something else than 0? Read back at once.
 *
 * @throws DlError for a tensor of another number of elements.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.is_nonzero.html
 *
 * @example
 * isNonzero(tensor([-0.5])) // => true
 */
export const isNonzero = (x: Tensor): boolean => x.detach().itemSync() !== 0;

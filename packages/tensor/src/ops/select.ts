/** Choosing between values, element by element. */
import { defineMap, type Operand } from "../define.ts";
import type { DType } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { nonzero } from "./masked.ts";

const choose = defineMap<[Tensor, Operand, Operand]>("where", (c, a, b) =>
  E.select(E.ne(c, 0), a, b),
);

/**
 * `a` where `condition` holds, else `b`. The condition's dtype does not count in the result's; two whole numbers give
 * int32, other numbers float32. Without `a` and `b`: where the condition holds, as `nonzero(condition, { asTuple: true })`,
 * which waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.where.html
 *
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0) // => [1, 0]
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor;
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, a?: Operand, b?: Operand): Tensor | Tensor[] {
  if (a === undefined || b === undefined) return nonzero(condition, { asTuple: true });
  const result = choose(condition.dtype === "bool" ? condition : condition.ne(0), a, b);
  return result;
}

const clampBoth = defineMap<[Tensor, Operand, Operand]>(
  "clamp",
  (x, low, high) => E.min(E.max(x, low), high),
  {
    gradient: (g, [x, low, high]) => [
      E.select(E.and(E.le(low, x), E.le(x, high)), g, 0),
      E.select(E.and(E.lt(x, low), E.lt(low, high)), g, 0),
      E.select(E.or(E.lt(high, x), E.lt(high, low)), g, 0),
    ],
  },
);
const clampLow = defineMap<[Tensor, Operand]>("clamp", (x, low) => E.max(x, low), {
  gradient: (g, [x, low]) => [E.select(E.le(low, x), g, 0), E.select(E.lt(x, low), g, 0)],
});
const clampHigh = defineMap<[Tensor, Operand]>("clamp", (x, high) => E.min(x, high), {
  gradient: (g, [x, high]) => [E.select(E.le(x, high), g, 0), E.select(E.lt(high, x), g, 0)],
});

/** Limits; one of them may be left out, or null. */
export interface ClampOptions {
  min?: Operand | null;
  max?: Operand | null;
}
/**
 * x limited to [min, max]; either may be left out, or null. Elements at a limit keep their gradient.
 *
 * @throws DlError without limits.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.clamp.html
 *
 * @example
 * clamp(tensor([1, 2, 3]), { max: 2 }) // => [1, 2, 2]
 */
export function clamp(x: Tensor, options?: ClampOptions): Tensor;
export function clamp(x: Tensor, min?: Operand | null, max?: Operand | null): Tensor;
export function clamp(
  x: Tensor,
  first?: ClampOptions | Operand | null,
  last?: Operand | null,
): Tensor {
  const isOptions = first !== null && typeof first === "object" && !isTensor(first);
  const limits = isOptions ? first : { min: first, max: last };
  const [min, max] = [limits.min ?? undefined, limits.max ?? undefined];
  if (min !== undefined && max !== undefined) return clampBoth(x, min, max);
  if (min !== undefined) return clampLow(x, min);
  if (max !== undefined) return clampHigh(x, max);
  throw new DlError("value", "clamp: give min, max or both: x.clamp({ min: 0 })");
}

/** `clamp` from below alone. */
export const clampMin = (x: Tensor, min: Operand): Tensor => clampLow(x, min);
/** `clamp` from above alone. */
export const clampMax = (x: Tensor, max: Operand): Tensor => clampHigh(x, max);
export const clip = clamp;

const fill = defineMap<[Tensor, Tensor, Operand]>("maskedFill", (x, mask, value) =>
  E.select(E.ne(mask, 0), value, x),
);

/** x with `value` where the mask holds; dtype of x. */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  if (mask.dtype !== "bool")
    throw new DlError(
      "dtype",
      `maskedFill: the mask is ${mask.dtype}, a bool tensor is wanted: mask.ne(0)`,
    );
  return fill(x, mask, value).to(x.dtype);
}

const replaceNonFinite = defineMap<[Tensor, number, number, number]>(
  "nanToNum",
  (x, nan, high, low) =>
    E.select(
      E.isNaN(x),
      nan,
      E.select(E.eq(x, Infinity), high, E.select(E.eq(x, -Infinity), low, x)),
    ),
);
/** The largest number of each floating point dtype. */
const LARGEST: { readonly [D in DType]?: number } = {
  float16: 65504,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};
export interface NanToNumOptions {
  nan?: number;
  posinf?: number | null;
  neginf?: number | null;
}
/** NaN, ∞ and −∞ replaced: by 0 and the extreme values of the dtype, unless given. */
export function nanToNum(
  x: Tensor,
  { nan = 0, posinf = null, neginf = null }: NanToNumOptions = {},
): Tensor {
  const largest = LARGEST[x.dtype];
  if (largest === undefined) return x.clone();
  return replaceNonFinite(x, nan, posinf ?? largest, neginf ?? -largest).to(x.dtype);
}

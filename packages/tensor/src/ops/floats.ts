/** What floating point numbers are made of. Nothing here looks at bits: scaling by powers of two is exact. */
import { defineMap, type Operand, resultType } from "../define.ts";
import { type DType, isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { isTensor, type Tensor } from "../tensor.ts";

/** No factor leaves float32; 1074 + 64 is the longest way, of the smallest float64. */
const STEPS = [...new Array<number>(17).fill(64), 32, 16, 8, 4, 2, 1];
/** |m| brought into [½, 1), and the exponent that was taken out; 0, ∞ and NaN stay as they are. */
function taken(x: E.Expr): { mantissa: E.Expr; exponent: E.Expr } {
  const isOrdinary = E.and(E.ne(x, 0), E.lt(E.abs(x), Infinity));
  let m = E.select(isOrdinary, E.abs(x), 0.5);
  let exponent: E.Expr = E.constant(0);
  for (const k of STEPS) {
    const isLarge = E.ge(m, 2 ** (k - 1));
    const isSmall = E.lt(m, 2 ** -k);
    exponent = E.add(exponent, E.select(isLarge, k, E.select(isSmall, -k, 0)));
    m = E.mul(m, E.select(isLarge, 2 ** -k, E.select(isSmall, 2 ** k, 1)));
  }
  const signed = E.select(E.lt(x, 0), E.neg(m), m);
  return { mantissa: E.select(isOrdinary, signed, x), exponent };
}
const mantissaOf = defineMap<[Tensor]>("frexp", (x) => taken(x).mantissa, {
  gradient: (g, [x], y) => [
    E.select(E.eq(x, 0), g, E.mul(g, E.div(y, E.select(E.eq(x, 0), 1, x)))),
  ],
});
const exponentOf = defineMap<[Tensor]>("frexp", (x) => taken(x).exponent, { result: "int32" });

/**
 * x as mantissa · 2^exponent, with ½ ≤ |mantissa| < 1. Of 0, ∞ and NaN the mantissa is x, the exponent 0.
 *
 * @throws DlError for integers.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.frexp.html
 *
 * @example
 * Object.values(frexp(tensor([3, -0.25]))) // => [[0.75, -0.5], [2, -1]]
 */
export function frexp(x: Tensor): { mantissa: Tensor; exponent: Tensor } {
  if (!isFloating(x.dtype))
    throw new DlError("dtype", `frexp: the tensor is ${x.dtype}: x.to("float32")`);
  return { mantissa: mantissaOf(x), exponent: exponentOf(x) };
}

/** Half a unit in the last place of 1; the smallest number above 0; from where on all digits are there. */
const FORMATS: { readonly [D in DType]?: readonly [unit: number, least: number, normal: number] } =
  {
    float32: [2 ** -24, 2 ** -149, 2 ** -126],
    float64: [2 ** -53, 2 ** -1074, 2 ** -1022],
  };
const SHIFT = 2 ** 60;
/**
 * |x| and a bit more than half a unit in its last place, rounded, is the next number; less the same, the one before
 * (Rump, Zimmermann, Boldo and Melquiond, 2009). Small numbers are multiplied for that; below twice the smallest normal
 * number all have one distance.
 */
function neighbour(x: E.Expr, isUp: E.Expr, [unit, least, normal]: readonly number[]): E.Expr {
  const isTiny = E.lt(E.abs(x), 2 * normal);
  const isSmall = E.lt(E.abs(x), normal * SHIFT);
  const scaled = E.mul(x, E.select(isSmall, SHIFT, 1));
  const step = E.mul(E.abs(scaled), unit * (1 + 2 * unit));
  const moved = E.select(isUp, E.add(scaled, step), E.sub(scaled, step));
  const near = E.select(isUp, E.add(x, least), E.sub(x, least));
  return E.select(isTiny, near, E.mul(moved, E.select(isSmall, 1 / SHIFT, 1)));
}
const maps = new Map<DType, (a: Operand, b: Operand) => Tensor>();

/**
 * The next number from a towards b that the promoted dtype has. The gradient goes to a where that is not b.
 *
 * @throws DlError for other dtypes than float32 and float64.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nextafter.html
 *
 * @example
 * nextafter(tensor([1, 1]), tensor([2, 0])).sub(1) // => [1.19209e-7, -5.96046e-8]
 */
export function nextafter(a: Tensor, b: Tensor): Tensor {
  const dtype = resultType([a, b]);
  const format = FORMATS[dtype];
  if (!format || !isTensor(a) || !isTensor(b))
    throw new DlError(
      "dtype",
      `nextafter: tensors of float32 or of float64 are wanted, got ${[a, b].map((x) => (isTensor(x) ? x.dtype : typeof x)).join(" and ")}`,
    );
  let map = maps.get(dtype);
  if (!map) {
    const largest = (2 - 2 * format[0]) * (2 / format[2]);
    map = defineMap<[Operand, Operand]>(
      "nextafter",
      (x, y) => {
        const isInfinite = E.eq(E.abs(x), Infinity);
        const inward = E.select(E.lt(x, 0), -largest, largest);
        const next = E.select(isInfinite, inward, neighbour(x, E.lt(x, y), format));
        return E.select(E.eq(x, y), y, E.select(E.isNaN(y), y, next));
      },
      { gradient: (g, [x, y]) => [E.select(E.eq(x, y), 0, g)] },
    );
    maps.set(dtype, map);
  }
  return map(a.to(dtype), b.to(dtype));
}

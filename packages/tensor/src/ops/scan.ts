/** Running totals along a dimension. */
import type { ScanOp } from "../backend.ts";
import { assign, runMap } from "../define.ts";
import { dispatch, dispatchAll, type Op } from "../dispatch.ts";
import { type DType, isFloating, toFloating } from "../dtype.ts";
import * as E from "../expr.ts";
import { program } from "../program.ts";
import { scope } from "../scope.ts";
import { wrapDim } from "../shape.ts";
import { state } from "../state.ts";
import { Tensor } from "../tensor.ts";
import { allocate } from "../view.ts";
import { separate } from "./cast.ts";
import { pad } from "./join.ts";
import { logaddexp } from "./logarithms.ts";
import type { ValuesAndIndices } from "./reduce.ts";
import { triu } from "./triangle.ts";

interface ScanAttrs {
  readonly scanOp: ScanOp;
  readonly axis: number;
  readonly dtype: DType;
}
function runScan(x: Tensor, { scanOp, axis, dtype }: ScanAttrs): Tensor {
  const out = allocate(x.device, dtype, x.shape);
  if (out.numel > 0) x.device.scan(scanOp, x.memory, out, axis);
  return new Tensor(out);
}
/** The sum of everything from here on. */
const sumBehind = (x: Tensor, axis: number): Tensor => cumsum(x.flip(axis), axis).flip(axis);

const scanOp: Op<ScanAttrs> = {
  name: "scan",
  forward: ([x], attrs) => [runScan(x, attrs)],
  saves: (_, { scanOp: op }) => (op === "sum" ? {} : { inputs: [0], outputs: [0] }),
  gradient([g], { attrs: { axis, scanOp: op }, dtype, input, output }) {
    if (op === "sum") return [sumBehind(g!, axis).to(dtype(0))];
    const x = input(0).to(g!.dtype);
    const grad = state.autograd?.isGradEnabled()
      ? differentiableCumprodGradient(x, g!, axis)
      : cumprodGradient(x, g!, output(), axis);
    return [grad.to(dtype(0))];
  },
};

/**
 * Σ_{k≥i} g_k Π_{j≤k, j≠i} x_j: before the first zero the product is y_k / x_i, behind it 0, and at it that of x with the
 * zero left out.
 */
function cumprodGradient(x: Tensor, g: Tensor, y: Tensor, axis: number): Tensor {
  const isZero = x.eq(0);
  const zeros = cumsum(isZero, axis);
  const isFirst = isZero.logicalAnd(zeros.eq(1));
  const without = cumprod(x.maskedFill(isFirst, 1), axis);
  const before = sumBehind(g.mul(y), axis).div(x).maskedFill(zeros.gt(0), 0);
  return isFirst.where(sumBehind(g.mul(without), axis), before);
}
/** The same for every i with a product of its own, n² in all: it has gradients in turn also where elements are zero. */
function differentiableCumprodGradient(x: Tensor, g: Tensor, axis: number): Tensor {
  const n = x.shape[axis];
  const last = x.movedim(axis, -1).unsqueeze(-2);
  const square = last.expand([...last.shape.slice(0, -2), n, n]);
  const isDiagonal = allocate(x.device, "bool", [n, n]);
  if (n > 0) assign([isDiagonal], program([E.eq(E.index(0), E.index(1))], 0), []);
  const others = cumprod(square.maskedFill(new Tensor(isDiagonal), 1), -1);
  return triu(others.mul(g.movedim(axis, -1).unsqueeze(-2)))
    .sum(-1)
    .movedim(-1, axis);
}

export interface ScanOptions {
  /** Of the result; integers and bools become int32 unless it is given. */
  dtype?: DType;
}
function total(name: string, op: "sum" | "prod", x: Tensor, dim: number, dtype?: DType): Tensor {
  const type = dtype ?? (isFloating(x.dtype) ? x.dtype : "int32");
  const axis = wrapDim(dim, x.rank, name);
  return x.rank === 0
    ? separate(x.to(type), x)
    : dispatch(scanOp, [x], { scanOp: op, axis, dtype: type });
}
/** x₀, x₀ + x₁, … along `dim`. */
export const cumsum = (x: Tensor, dim: number, { dtype }: ScanOptions = {}): Tensor =>
  total("cumsum", "sum", x, dim, dtype);
/**
 * x₀, x₀ · x₁, … along `dim`; the gradient is right also where elements are zero.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cumprod.html
 *
 * @example
 * cumprod(tensor([1, 2, 3, 4]), 0) // => [1, 2, 6, 24]
 */
export const cumprod = (x: Tensor, dim: number, { dtype }: ScanOptions = {}): Tensor =>
  total("cumprod", "prod", x, dim, dtype);

// ---- running extremes ------------------------------------------------------------------------------------------------

const [value, extreme] = [E.input(0), E.input(1)];
const extremeOp: Op<{ readonly scanOp: "max" | "min"; readonly axis: number }> = {
  name: "running extreme",
  forward([x], { scanOp: op, axis }) {
    const values = runScan(x, { scanOp: op, axis, dtype: x.dtype });
    // Where an element is the extreme so far, or NaN, its position; the last such position is a running maximum too.
    const isHit = E.or(E.eq(value, extreme), E.isNaN(value));
    const prog = program([E.select(isHit, E.index(axis), 0)], 2);
    const positions = new Tensor(runMap(`cum${op}`, prog, [x, values], "int32", []));
    const indices = runScan(positions, { scanOp: "max", axis, dtype: "int32" });
    positions.dispose();
    return [values, indices];
  },
  saves: () => ({ outputs: [1] }),
  gradient: ([g], { attrs: { axis }, output, shape }) => [
    g && g.newZeros(shape(0)).scatterAdd(axis, output(1), g),
  ],
};
function runningExtreme(op: "max" | "min", x: Tensor, dim: number): ValuesAndIndices {
  const axis = wrapDim(dim, x.rank, `cum${op}`);
  if (x.rank === 0) return { values: x.clone(), indices: x.ne(x).to("int32").mul(0) };
  const [values, indices] = dispatchAll(extremeOp, [x], { scanOp: op, axis });
  return { values, indices };
}
/**
 * The greatest element so far along `dim`, and where it was last met. NaN counts as greatest.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cummax.html
 *
 * @example
 * cummax(tensor([1, 3, 2, 3]), 0) // => { values: [1, 3, 3, 3], indices: [0, 1, 1, 3] }
 */
export const cummax = (x: Tensor, dim: number): ValuesAndIndices => runningExtreme("max", x, dim);
/**
 * The least element so far along `dim`, and where it was last met. NaN counts as least.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cummin.html
 *
 * @example
 * cummin(tensor([3, 1, 2, 1]), 0) // => { values: [3, 1, 1, 1], indices: [0, 1, 1, 3] }
 */
export const cummin = (x: Tensor, dim: number): ValuesAndIndices => runningExtreme("min", x, dim);

// ---- running sums of exponentials ------------------------------------------------------------------------------------

/**
 * The maximum so far changes along the way, so that one shifted sum does not do: sums of 1, 2, 4, … elements are joined
 * instead, in log₂ n passes.
 */
const logcumsumexpOp: Op<{ readonly axis: number }> = {
  name: "logcumsumexp",
  forward: ([x], { axis }) => [
    scope(() => {
      const n = x.shape[axis];
      const before = x.shape.slice(axis + 1).flatMap(() => [0, 0]);
      let y = x.clone();
      for (let step = 1; step < n; step *= 2) {
        const moved = pad(y.narrow(axis, 0, n - step), [...before, step, 0], { value: -Infinity });
        y = logaddexp(y, moved);
      }
      return y;
    }),
  ],
  saves: () => ({ inputs: [0], outputs: [0] }),
  // exp(x) Σ_{k≥i} g_k exp(−y_k), by logarithms of the positive and of the negative g.
  gradient([g], { attrs: { axis }, input, output }) {
    const x = input(0);
    const y = output();
    const part = (isPart: Tensor, size: Tensor) => {
      const logs = isPart.where(isPart.where(size, 1).log().sub(y), -Infinity);
      return logcumsumexp(logs.flip(axis), axis).flip(axis).add(x).exp();
    };
    return [part(g!.gt(0), g!).sub(part(g!.lt(0), g!.neg()))];
  },
};
/**
 * log Σ_{j≤i} exp(xⱼ) along `dim`, without overflow.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.logcumsumexp.html
 *
 * @example
 * logcumsumexp(tensor([0, 0, 1000]), 0) // => [0, 0.693147, 1000]
 */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  const axis = wrapDim(dim, x.rank, "logcumsumexp");
  const floating = x.to(toFloating(x.dtype));
  return x.rank === 0 ? floating.clone() : dispatch(logcumsumexpOp, [floating], { axis });
}

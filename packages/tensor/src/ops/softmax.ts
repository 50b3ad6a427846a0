/** Softmax and its relatives along one dimension, shifted by the maximum so that nothing overflows. */
import { defineComposite, runMap, runReduce } from "../define.ts";
import { dispatch } from "../dispatch.ts";
import { type DType, toFloating } from "../dtype.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { wrapDim, wrapDims } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { type DimsFirst, dimArguments } from "./reduce.ts";

interface SoftmaxAttrs {
  readonly axis: number;
  readonly dtype: DType;
}

const [x, peak, total] = [0, 1, 2].map(E.input);
const EXP_SHIFTED = program([E.exp(E.sub(x, peak))], 2);
const SOFTMAX = program([E.div(E.exp(E.sub(x, peak)), total)], 3);
const LOG_SOFTMAX = program([E.sub(E.sub(x, peak), E.log(total))], 3);

/** The maximum along the axis and Σ exp(x − maximum), in two passes. */
function peakAndTotal(t: Tensor, axis: number, dtype: DType): [Tensor, Tensor] {
  const top = new Tensor(runReduce("softmax", "max", IDENTITY, [t], [axis], dtype));
  return [top, new Tensor(runReduce("softmax", "sum", EXP_SHIFTED, [t, top], [axis], dtype))];
}

const softmaxOp = defineComposite<SoftmaxAttrs>("softmax", {
  results: ([t], { dtype }) => [{ shape: t.shape, dtype }],
  decompose: ([t], { axis, dtype }) => [
    new Tensor(runMap("softmax", SOFTMAX, [t, ...peakAndTotal(t, axis, dtype)], dtype, [])),
  ],
  saves: () => ({ outputs: [0] }),
  // y · (g − Σ g·y)
  gradient: ([g], { attrs, output, dtype }) => [
    dispatch(softmaxInputGradientOp, [output(), g!], attrs).to(dtype(0)),
  ],
});

/** From the result y and its gradient g. */
const softmaxInputGradientOp = defineComposite<SoftmaxAttrs>("softmaxInputGradient", {
  results: ([y]) => [{ shape: y.shape, dtype: y.dtype }],
  decompose: ([y, g], { axis }) => [y.mul(g.sub(g.mul(y).sum(axis, { keepdim: true })))],
});

const logSoftmaxOp = defineComposite<SoftmaxAttrs>("logSoftmax", {
  results: ([t], { dtype }) => [{ shape: t.shape, dtype }],
  decompose: ([t], { axis, dtype }) => [
    new Tensor(runMap("logSoftmax", LOG_SOFTMAX, [t, ...peakAndTotal(t, axis, dtype)], dtype, [])),
  ],
  saves: () => ({ outputs: [0] }),
  // g − exp(y) · Σ g
  gradient: ([g], { attrs, output, dtype }) => [
    dispatch(logSoftmaxInputGradientOp, [output(), g!], attrs).to(dtype(0)),
  ],
});

/** From the result y and its gradient g. */
const logSoftmaxInputGradientOp = defineComposite<SoftmaxAttrs>("logSoftmaxInputGradient", {
  results: ([y]) => [{ shape: y.shape, dtype: y.dtype }],
  decompose: ([y, g], { axis }) => [g.sub(y.exp().mul(g.sum(axis, { keepdim: true })))],
});

const attrsFor = (
  t: Tensor,
  dim: number,
  dtype: DType | undefined,
  name: string,
): SoftmaxAttrs => ({
  axis: wrapDim(dim, t.rank, name),
  dtype: dtype ?? toFloating(t.dtype),
});

/** exp(x) / Σ exp(x) along `dim`. */
export function softmax(t: Tensor, dim: number, { dtype }: { dtype?: DType } = {}): Tensor {
  const attrs = attrsFor(t, dim, dtype, "softmax");
  if (t.rank === 0) return softmax(t.unsqueeze(0), 0, { dtype }).squeeze(0);
  return t.numel === 0 ? t.to(attrs.dtype) : dispatch(softmaxOp, [t], attrs);
}
/** x − log Σ exp(x) along `dim`. */
export function logSoftmax(t: Tensor, dim: number, { dtype }: { dtype?: DType } = {}): Tensor {
  const attrs = attrsFor(t, dim, dtype, "logSoftmax");
  if (t.rank === 0) return logSoftmax(t.unsqueeze(0), 0, { dtype }).squeeze(0);
  return t.numel === 0 ? t.to(attrs.dtype) : dispatch(logSoftmaxOp, [t], attrs);
}

interface LogSumExpAttrs {
  readonly axes: readonly number[];
  readonly keepdim: boolean;
}
// An infinite maximum is not subtracted: ∞ − ∞ is NaN.
const finite = E.select(E.lt(E.abs(peak), Infinity), peak, E.select(E.isNaN(peak), peak, 0));
const EXP_FINITE = program([E.exp(E.sub(x, finite))], 2);
const LOG_PLUS = program([E.add(E.log(x), finite)], 2);

const logSumExpOp = defineComposite<LogSumExpAttrs>("logsumexp", {
  decompose([t], { axes, keepdim }) {
    const dtype = toFloating(t.dtype);
    const top = new Tensor(runReduce("logsumexp", "max", IDENTITY, [t], axes, dtype));
    const sum = new Tensor(runReduce("logsumexp", "sum", EXP_FINITE, [t, top], axes, dtype));
    const out = new Tensor(runMap("logsumexp", LOG_PLUS, [sum, top], dtype, []));
    return [keepdim ? out : out.reshape(t.shape.filter((_, d) => !axes.includes(d)))];
  },
  saves: () => ({ inputs: [0], outputs: [0] }),
  // g · exp(x − y)
  gradient([g], { attrs: { axes, keepdim }, input, output, shape, dtype }) {
    const kept = shape(0).map((n, d) => (axes.includes(d) ? 1 : n));
    const up = (v: Tensor) => (keepdim ? v : v.reshape(kept));
    return [input(0).sub(up(output())).exp().mul(up(g!)).to(dtype(0))];
  },
});
/** log Σ exp(x) over `dim`. */
export function logsumexp(t: Tensor, ...args: DimsFirst): Tensor {
  const { dim, keepdim = false } = dimArguments(args);
  return dispatch(logSumExpOp, [t], { axes: wrapDims(dim, t.rank, "logsumexp"), keepdim });
}

/** Pooling: a reduction over windows. */
import { type CompositeDefinition, defineComposite, runReduce } from "../define.ts";
import { dispatch, dispatchAll, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { numelOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { View } from "../view.ts";
import { type PairArgument, pair } from "./conv.ts";
import { pad, padChannelsLast } from "./join.ts";
import type { ValuesAndIndices } from "./reduce.ts";
import { overlapAdd, windows } from "./views.ts";

interface PoolGeometry {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  /** Added behind the padding, so that windows which start inside are complete (ceilMode). */
  readonly extra: readonly number[];
  readonly out: readonly number[];
  readonly inputSize: readonly number[];
}

export interface MaxPoolOptions {
  /** Default: the window's size. */
  stride?: PairArgument;
  /** With −∞ on both sides. Default 0, at most half the window. */
  padding?: PairArgument;
  dilation?: PairArgument;
  /** Round the output's size up instead of down. */
  ceilMode?: boolean;
}

function geometry(
  name: string,
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions,
): PoolGeometry {
  if (x.rank !== 4)
    throw new ShapeError(
      `${name}: the input has to be [N, C, H, W] or [C, H, W], got ${formatShape(x.shape)}`,
    );
  const size = pair(kernelSize, `${name}: kernelSize`);
  const stride = pair(options.stride ?? size, `${name}: stride`);
  const padding = pair(options.padding ?? 0, `${name}: padding`);
  const dilation = pair(options.dilation ?? 1, `${name}: dilation`);
  if (size.some((k) => k < 1) || stride.some((s) => s < 1))
    throw new DlError(
      "value",
      `${name}: kernelSize ${formatShape(size)} and stride ${formatShape(stride)} have to be positive`,
    );
  if (padding.some((p, i) => p < 0 || 2 * p > size[i]))
    throw new DlError(
      "value",
      `${name}: padding ${formatShape(padding)} can be at most half of kernelSize ${formatShape(size)}`,
    );
  const input = x.shape.slice(2);
  const out = input.map((n, i) => {
    const span = n + 2 * padding[i] - dilation[i] * (size[i] - 1) - 1;
    const count =
      (options.ceilMode ? Math.ceil(span / stride[i]) : Math.floor(span / stride[i])) + 1;
    // The last window has to start inside the input or the padding before it.
    return options.ceilMode && (count - 1) * stride[i] >= n + padding[i] ? count - 1 : count;
  });
  if (out.some((n) => n < 1))
    throw new ShapeError(
      `${name}: a window of ${formatShape(size)} does not fit the input ${formatShape(x.shape)}`,
    );
  const extra = input.map((n, i) =>
    Math.max(0, (out[i] - 1) * stride[i] + dilation[i] * (size[i] - 1) + 1 - n - 2 * padding[i]),
  );
  return { size, stride, padding, dilation, extra, out, inputSize: input };
}

/** [N, C, OH, OW, KH, KW], padded with `value`. */
function windowsOf(
  x: Tensor,
  { size, stride, padding, dilation, extra, out }: PoolGeometry,
  value: number,
): Tensor {
  const padded = padChannelsLast(
    x,
    padding,
    padding.map((p, i) => p + extra[i]),
    value,
  );
  const taken = windows(padded, { dims: [2, 3], sizes: size, steps: stride, dilations: dilation });
  return taken.narrow(2, 0, out[0]).narrow(3, 0, out[1]);
}

/** Positions in a plane of the input, exact in float32. */
const NOWHERE = 2 ** 24;
/** Where in its plane [H, W] the window's element lies; scalars: strides, dilations, paddings, height and width. */
const [sh, sw, dh, dw, ph, pw, height, width] = [0, 1, 2, 3, 4, 5, 6, 7].map(E.scalar);
const row = E.sub(E.add(E.mul(E.index(2), sh), E.mul(E.index(4), dh)), ph);
const column = E.sub(E.add(E.mul(E.index(3), sw), E.mul(E.index(5), dw)), pw);
const isMaximum = E.or(E.eq(E.input(0), E.input(1)), E.isNaN(E.input(0)));
// Padding is no maximum, even of a window of −∞ alone.
const isInside = E.and(
  E.and(E.le(0, row), E.lt(row, height)),
  E.and(E.le(0, column), E.lt(column, width)),
);
const POSITION = program(
  [E.select(E.and(isMaximum, isInside), E.add(E.mul(row, width), column), NOWHERE)],
  2,
  8,
);

const withoutWindow = (v: View): View =>
  new View(v.storage, v.dtype, v.shape.slice(0, 4), v.strides.slice(0, 4), v.offset);

/** Whether a window sees nothing but padding. Its maximum is −∞, said to be at position 0. */
const hasEmptyWindow = ({
  size,
  stride,
  padding,
  dilation,
  inputSize,
  out,
}: PoolGeometry): boolean =>
  out.some((count, i) =>
    Array.from({ length: count }, (_, k) => k * stride[i] - padding[i]).some((start) =>
      Array.from({ length: size[i] }, (_, t) => start + t * dilation[i]).every(
        (at) => at < 0 || at >= inputSize[i],
      ),
    ),
  );

/** Maxima and their positions in the plane, the first of equal ones. */
const maxPoolDefinition: CompositeDefinition<PoolGeometry> = {
  decompose([x], attrs) {
    const { stride, padding, dilation } = attrs;
    const taken = windowsOf(x, attrs, -Infinity);
    const values = new Tensor(runReduce("maxPool2d", "max", IDENTITY, [taken], [4, 5], x.dtype));
    const scalars = [...stride, ...dilation, ...padding, x.shape[2], x.shape[3]];
    const positions = runReduce(
      "maxPool2d",
      "min",
      POSITION,
      [taken, values],
      [4, 5],
      "int32",
      scalars,
    );
    values.memory.storage.retain();
    const indices = new Tensor(withoutWindow(positions));
    return [
      new Tensor(withoutWindow(values.memory)),
      hasEmptyWindow(attrs) ? indices.maskedFill(indices.eq(NOWHERE), 0) : indices,
    ];
  },
  results: ([x], { out }) => {
    const shape = [x.shape[0], x.shape[1], ...out];
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: "int32" },
    ];
  },
  saves: () => ({ outputs: [1] }),
  gradient: ([g], { attrs, output }) => [
    g ? dispatch(maxPoolInputGradientOp, [g, output(1)], attrs) : null,
  ],
};
const maxPoolOp = defineComposite("maxPool2d", maxPoolDefinition);

/** From the gradient of the maxima, and where they are. */
const maxPoolInputGradientOp: Op<PoolGeometry> = defineComposite<PoolGeometry>(
  "maxPool2dInputGradient",
  {
    results: ([g], { inputSize }) => [
      { shape: [g.shape[0], g.shape[1], ...inputSize], dtype: g.dtype },
    ],
    decompose([g, indices], { inputSize: [h, w] }) {
      const [n, c] = g.shape;
      const flat = (t: Tensor) => t.permute(0, 2, 3, 1).reshape([n, -1, c]);
      // Channels innermost, as the decomposed activations are.
      const d = g.newZeros([n, h * w, c]).scatterAdd(1, flat(indices), flat(g));
      return [d.reshape([n, h, w, c]).permute(0, 3, 1, 2)];
    },
    saves: () => ({ inputs: [1] }),
    gradient([gg], { input, shape }) {
      const planes = (t: Tensor) => t.flatten(2);
      return [
        planes(gg!)
          .gather(2, planes(input(1)))
          .reshape(shape(0)),
        null,
      ];
    },
  },
);

/** Maxima of windows, and where in their [H, W] plane they are. */
export function maxPool2dWithIndices(
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions = {},
): ValuesAndIndices {
  if (x.rank === 3) {
    const { values, indices } = maxPool2dWithIndices(x.unsqueeze(0), kernelSize, options);
    return { values: values.squeeze(0), indices: indices.squeeze(0) };
  }
  const [values, indices] = dispatchAll(
    maxPoolOp,
    [x],
    geometry("maxPool2d", x, kernelSize, options),
  );
  return { values, indices };
}

/**
 * Maxima of windows. The gradient goes to the first of equal maxima.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions = {},
): Tensor {
  const { values, indices } = maxPool2dWithIndices(x, kernelSize, options);
  indices.dispose();
  return values;
}

export interface AvgPoolOptions extends Omit<MaxPoolOptions, "dilation"> {
  /** Count the padding's zeros as elements. Default true. */
  countIncludePad?: boolean;
  /** Divide by this instead of the number of elements. */
  divisorOverride?: number;
}

/**
 * Means of windows.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 */
export function avgPool2d(
  x: Tensor,
  kernelSize: PairArgument,
  options: AvgPoolOptions = {},
): Tensor {
  if (x.rank === 3) return avgPool2d(x.unsqueeze(0), kernelSize, options).squeeze(0);
  const { countIncludePad = true, divisorOverride, ...rest } = options;
  const shape = geometry("avgPool2d", x, kernelSize, rest);
  const counts =
    divisorOverride === undefined
      ? shape.size.map((_, i) => elementCounts(shape, i, countIncludePad))
      : [
          new Array<number>(shape.out[0]).fill(divisorOverride),
          new Array<number>(shape.out[1]).fill(1),
        ];
  return dispatch(avgPoolOp, [x], { ...shape, counts });
}

interface AvgPoolAttrs extends PoolGeometry {
  /** What a window's sum is divided by: the product of its row's and its column's number. */
  readonly counts: readonly (readonly number[])[];
}

/** As a tensor that divides all windows, or a number if that is the same for all. */
function divisorOf({ counts, out }: AvgPoolAttrs, like: Tensor): Tensor | number {
  const [rows, columns] = counts;
  if (counts.every((list) => list.every((n) => n === list[0]))) return rows[0] * columns[0];
  const divisor = Float32Array.from(
    { length: numelOf(out) },
    (_, i) => rows[Math.floor(i / out[1])] * columns[i % out[1]],
  );
  return Tensor.from(divisor, [1, 1, ...out], like.device).to(like.dtype);
}

const avgPoolOp: Op<AvgPoolAttrs> = defineComposite<AvgPoolAttrs>("avgPool2d", {
  results: ([x], { out }) => [{ shape: [x.shape[0], x.shape[1], ...out], dtype: x.dtype }],
  decompose: ([x], attrs) => [windowsOf(x, attrs, 0).sum([4, 5]).div(divisorOf(attrs, x))],
  gradient: ([g], { attrs }) => [dispatch(avgPoolInputGradientOp, [g!], attrs)],
});

const avgPoolInputGradientOp: Op<AvgPoolAttrs> = defineComposite<AvgPoolAttrs>(
  "avgPool2dInputGradient",
  {
    results: ([g], { inputSize }) => [
      { shape: [g.shape[0], g.shape[1], ...inputSize], dtype: g.dtype },
    ],
    decompose([g], attrs) {
      const { size, stride, padding, dilation, extra, inputSize } = attrs;
      const [n, c] = g.shape;
      const shares = g.div(divisorOf(attrs, g)).reshape([...g.shape, 1, 1]);
      const padded = inputSize.map((length, i) => length + 2 * padding[i] + extra[i]);
      // Rows behind the last window belong to none.
      const reached = padded.map(
        (_, i) => (g.shape[2 + i] - 1) * stride[i] + dilation[i] * (size[i] - 1) + 1,
      );
      const summed = overlapAdd(shares.expand([...g.shape, ...size]), [n, c, ...reached], {
        dims: [2, 3],
        sizes: size,
        steps: stride,
        dilations: dilation,
      });
      const missing = padded.map((length, i) => length - reached[i]);
      const whole = missing.some((m) => m > 0)
        ? pad(summed, [0, missing[1], 0, missing[0]])
        : summed;
      return [whole.narrow(2, padding[0], inputSize[0]).narrow(3, padding[1], inputSize[1])];
    },
    gradient: ([gg], { attrs }) => [dispatch(avgPoolOp, [gg!], attrs)],
  },
);

/** How many elements each window has along one dimension; what ceilMode adds never counts. */
function elementCounts(
  { size, stride, padding, out, inputSize }: PoolGeometry,
  i: number,
  includePad: boolean,
): number[] {
  const n = inputSize[i];
  return Array.from({ length: out[i] }, (_, k) => {
    const start = k * stride[i] - padding[i];
    const end = Math.min(start + size[i], n + padding[i]);
    return includePad ? end - start : Math.min(end, n) - Math.max(start, 0);
  });
}

/**
 * Means over parts so chosen that the result has `outputSize` (null keeps a size): part i of n spans ⌊i·H/n⌋ … ⌈(i+1)·H/n⌉.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 */
export function adaptiveAvgPool2d(
  x: Tensor,
  outputSize: number | readonly (number | null)[],
): Tensor {
  if (x.rank !== 3 && x.rank !== 4)
    throw new ShapeError(
      `adaptiveAvgPool2d: the input has to be [N, C, H, W] or [C, H, W], got ${formatShape(x.shape)}`,
    );
  const wanted = typeof outputSize === "number" ? [outputSize, outputSize] : outputSize;
  const input = x.shape.slice(-2);
  const out = wanted.map((n, i) => n ?? input[i]);
  if (out.every((n, i) => n > 0 && input[i] % n === 0))
    return avgPool2d(x, [input[0] / out[0], input[1] / out[1]]);
  // Means over unequal parts are products with matrices that hold the weights.
  const average = (n: number, parts: number) => {
    const weights = new Float32Array(parts * n);
    for (let i = 0; i < parts; i++) {
      const start = Math.floor((i * n) / parts);
      const end = Math.ceil(((i + 1) * n) / parts);
      weights.fill(1 / (end - start), i * n + start, i * n + end);
    }
    return Tensor.from(weights, [parts, n], x.device).to(x.dtype);
  };
  return average(input[0], out[0]).matmul(x).matmul(average(input[1], out[1]).t());
}

/**
 * Convolution in any number of spatial dimensions: windows of the padded input times the weight. Three ops, each the
 * gradient of the others, so that gradients of gradients close; a backend may bring kernels of its own for each by its name.
 *
 * As decomposed here it is one matrix product, with activations laid out channels innermost (whatever the shape says):
 * windows then copy in long runs, and the product writes its result where the next layer reads it.
 */
import { defineComposite } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { numelOf, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { pad, padChannelsLast } from "./join.ts";
import { overlapAdd, windows } from "./views.ts";

/** Per spatial dimension. */
export interface ConvAttrs {
  readonly stride: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** Spatial sizes of the input and of the window: what a gradient cannot see from its operands. */
  readonly inputSize: readonly number[];
  readonly kernelSize: readonly number[];
}

/** [N, C, H, W] → [groups, N·OH·OW, KH·KW·C/groups], and the output's spatial size. */
function columns(x: Tensor, attrs: ConvAttrs): [Tensor, readonly number[]] {
  const { stride, before, after, dilation, groups, kernelSize } = attrs;
  const [n, channels] = x.shape;
  const k = kernelSize.length;
  const spatial = kernelSize.map((_, i) => i + 2);
  const taken = windows(padChannelsLast(x, before, after, 0), {
    dims: spatial,
    sizes: kernelSize,
    steps: stride,
    dilations: dilation,
  });
  const out = taken.shape.slice(2, 2 + k);
  // [N, C, O..., K...] → [groups, N, O..., K..., C/groups]
  const split = taken.reshape([n, groups, channels / groups, ...out, ...kernelSize]);
  const order = [1, 0, ...out.map((_, i) => 3 + i), ...kernelSize.map((_, i) => 3 + k + i), 2];
  return [
    split
      .permute(order)
      .reshape([groups, n * numelOf(out), numelOf(kernelSize) * (channels / groups)]),
    out,
  ];
}

/** [O, C/groups, K...] → [groups, K...·C/groups, O/groups] */
function weightMatrix(weight: Tensor, groups: number): Tensor {
  const [o, c, ...kernel] = weight.shape;
  const order = [0, ...kernel.map((_, i) => 3 + i), 2, 1];
  return weight
    .reshape([groups, o / groups, c, ...kernel])
    .permute(order)
    .reshape([groups, numelOf(kernel) * c, o / groups]);
}

/** A gradient [N, O, OH, OW] → [groups, N·OH·OW, O/groups] */
function rows(g: Tensor, groups: number): Tensor {
  const [n, o, ...out] = g.shape;
  const order = [1, 0, ...out.map((_, i) => 3 + i), 2];
  return g
    .reshape([n, groups, o / groups, ...out])
    .permute(order)
    .reshape([groups, n * numelOf(out), o / groups]);
}

/** One product per group; without groups a plain one. */
function grouped(a: Tensor, b: Tensor): Tensor {
  return a.shape[0] === 1 ? a.squeeze(0).matmul(b.squeeze(0)).unsqueeze(0) : a.matmul(b);
}

const outputSize = ({
  inputSize,
  kernelSize,
  stride,
  before,
  after,
  dilation,
}: ConvAttrs): number[] =>
  inputSize.map(
    (size, i) =>
      Math.floor(
        (size + before[i] + after[i] - dilation[i] * (kernelSize[i] - 1) - 1) / stride[i],
      ) + 1,
  );

/** Inputs x, weight, and perhaps a bias. */
const convOp: Op<ConvAttrs> = defineComposite<ConvAttrs>("convolution", {
  results: ([x, weight], attrs) => [
    { shape: [x.shape[0], weight.shape[0], ...outputSize(attrs)], dtype: x.dtype },
  ],
  decompose([x, weight, bias], attrs) {
    const { groups } = attrs;
    const [n] = x.shape;
    const [o] = weight.shape;
    const [taken, out] = columns(x, attrs);
    const y = grouped(taken, weightMatrix(weight, groups));
    // [groups, N·O..., O/groups] → [N, O, O...], channels innermost.
    const order = [1, 0, 2 + out.length, ...out.map((_, i) => 2 + i)];
    const product = y
      .reshape([groups, n, ...out, o / groups])
      .permute(order)
      .reshape([n, o, ...out]);
    return [bias ? product.add(bias.reshape([1, o, ...out.map(() => 1)])) : product];
  },
  saves: (needs) => ({ inputs: [...(needs[0] ? [1] : []), ...(needs[1] ? [0] : [])] }),
  gradient: ([g], { attrs, needs, input }) => [
    needs[0] ? dispatch(convInputGradientOp, [g!, input(1)], attrs) : null,
    needs[1] ? dispatch(convWeightGradientOp, [input(0), g!], attrs) : null,
    needs[2] ? g!.sum(g!.shape.map((_, d) => d).filter((d) => d !== 1)) : null,
  ],
});

const convInputGradientOp: Op<ConvAttrs> = defineComposite<ConvAttrs>("convolutionInputGradient", {
  results: ([g, weight], { groups, inputSize }) => [
    { shape: [g.shape[0], weight.shape[1] * groups, ...inputSize], dtype: g.dtype },
  ],
  decompose([g, weight], attrs) {
    const { groups, inputSize, kernelSize, stride, before, after, dilation } = attrs;
    const [n, , ...out] = g.shape;
    const c = weight.shape[1];
    const k = kernelSize.length;
    const d = grouped(rows(g, groups), weightMatrix(weight, groups).transpose(1, 2));
    // [groups, N·O..., K...·C/groups] → [N, C, O..., K...], the windows' own shape.
    const order = [1, 0, 2 + 2 * k, ...out.map((_, i) => 2 + i), ...out.map((_, i) => 2 + k + i)];
    const spread = d
      .reshape([groups, n, ...out, ...kernelSize, c])
      .permute(order)
      .reshape([n, groups * c, ...out, ...kernelSize]);
    const padded = inputSize.map((size, i) => size + before[i] + after[i]);
    const spatial = kernelSize.map((_, i) => i + 2);
    const summed = overlapAdd(spread, [n, groups * c, ...padded], {
      dims: spatial,
      sizes: kernelSize,
      steps: stride,
      dilations: dilation,
    });
    return [spatial.reduce((t, dim, i) => t.narrow(dim, before[i], inputSize[i]), summed)];
  },
  saves: (needs) => ({ inputs: [...(needs[0] ? [1] : []), ...(needs[1] ? [0] : [])] }),
  gradient: ([gg], { attrs, needs, input }) => [
    needs[0] ? dispatch(convOp, [gg!, input(1)], attrs) : null,
    needs[1] ? dispatch(convWeightGradientOp, [gg!, input(0)], attrs) : null,
  ],
});

const convWeightGradientOp: Op<ConvAttrs> = defineComposite<ConvAttrs>(
  "convolutionWeightGradient",
  {
    results: ([x, g], { groups, kernelSize }) => [
      { shape: [g.shape[1], x.shape[1] / groups, ...kernelSize], dtype: g.dtype },
    ],
    decompose([x, g], attrs) {
      const { groups, kernelSize } = attrs;
      const c = x.shape[1] / groups;
      const k = kernelSize.length;
      const [taken] = columns(x, attrs);
      const d = grouped(taken.transpose(1, 2), rows(g, groups));
      // [groups, K...·C/groups, O/groups] → [O, C/groups, K...]
      const order = [0, 2 + k, 1 + k, ...kernelSize.map((_, i) => 1 + i)];
      return [
        d
          .reshape([groups, ...kernelSize, c, g.shape[1] / groups])
          .permute(order)
          .reshape([g.shape[1], c, ...kernelSize]),
      ];
    },
    saves: (needs) => ({ inputs: [...(needs[0] ? [1] : []), ...(needs[1] ? [0] : [])] }),
    gradient: ([gw], { attrs, needs, input }) => [
      needs[0] ? dispatch(convInputGradientOp, [input(1), gw!], attrs) : null,
      needs[1] ? dispatch(convOp, [input(0), gw!], attrs) : null,
    ],
  },
);

export type PairArgument = number | readonly number[];
export interface ConvOptions {
  bias?: Tensor | null;
  /** Default 1. */
  stride?: PairArgument;
  /** On both sides; "same" keeps the size (stride 1), "valid" is 0. Default 0. */
  padding?: PairArgument | "same" | "valid";
  /** Default 1. */
  dilation?: PairArgument;
  /** Channels in and out are split into this many groups that do not see each other. Default 1. */
  groups?: number;
}

/**
 * One number for every dimension, or one each.
 *
 * @throws DlError for fractions, and for numbers below `least`, which is 1, 0 or not given.
 */
export function pair(
  value: PairArgument,
  name: string,
  dims = 2,
  least = -Infinity,
): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(dims).fill(value) : value;
  if (!Array.isArray(list) || list.length !== dims || !list.every(Number.isInteger))
    throw new DlError(
      "value",
      `${name} has to be a whole number or ${dims} of them, got ${typeof value === "number" ? value : JSON.stringify(value)}`,
    );
  if (list.some((n) => n < least))
    throw new DlError(
      "value",
      `${name} ${formatShape(list)} ${least === 0 ? "cannot be negative" : "has to be positive"}`,
    );
  return list;
}

/** What a convolution is told, checked; `name` is the op that a user called. */
function convolution(
  name: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions,
): Tensor {
  if (x.rank === dims + 1)
    return convolution(name, dims, x.unsqueeze(0), weight, options).squeeze(0);
  const { bias = null, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const axes = AXES.slice(3 - dims).join(", ");
  if (x.rank !== dims + 2)
    throw new ShapeError(
      `${name}: the input has to be [N, C, ${axes}] or [C, ${axes}], got ${formatShape(x.shape)}${dims === 2 && x.rank === 2 ? ": reshape flat images first, x.reshape(-1, 1, 28, 28)" : ""}`,
    );
  checkWeight(name, dims, weight, "O, C / groups");
  const [, channels, ...inputSize] = x.shape;
  const [o, c, ...kernelSize] = weight.shape;
  checkGroups(name, groups, channels, o);
  if (c * groups !== channels) {
    throw new ShapeError(
      `${name}: the input ${formatShape(x.shape)} has ${channels} channels, the weight ${formatShape(weight.shape)} takes ${c * groups}${groups > 1 ? ` (${groups} groups)` : ""}`,
    );
  }
  checkBias(name, bias, o);
  const steps = pair(stride, `${name}: stride`, dims, 1);
  const spread = pair(dilation, `${name}: dilation`, dims, 1);
  const [before, after] = paddingAmounts(name, padding, kernelSize, steps, spread);
  const attrs: ConvAttrs = {
    stride: steps,
    before,
    after,
    dilation: spread,
    groups,
    inputSize,
    kernelSize,
  };
  const out = outputSize(attrs);
  if (out.some((n) => n < 1))
    throw new ShapeError(
      `${name}: a window of ${formatShape(kernelSize)} does not fit the input ${formatShape(x.shape)} with padding ${JSON.stringify(padding)}`,
    );
  return dispatch(convOp, bias ? [x, weight, bias] : [x, weight], attrs);
}

const AXES = ["D", "H", "W"];

function checkWeight(name: string, dims: number, weight: Tensor, channels: string): void {
  const axes = AXES.slice(3 - dims).map((a) => `K${a}`);
  if (weight.rank !== dims + 2)
    throw new ShapeError(
      `${name}: the weight has to be [${channels}, ${axes.join(", ")}], got ${formatShape(weight.shape)}`,
    );
  if (weight.shape.slice(2).includes(0))
    throw new ShapeError(
      `${name}: the window of the weight ${formatShape(weight.shape)} has no elements`,
    );
}
function checkGroups(name: string, groups: number, channels: number, o: number): void {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || o % groups !== 0) {
    throw new DlError(
      "value",
      `${name}: ${groups} groups do not divide ${channels} input and ${o} output channels`,
    );
  }
}
function checkBias(name: string, bias: Tensor | null, o: number): void {
  if (bias && (bias.rank !== 1 || bias.shape[0] !== o))
    throw new ShapeError(`${name}: the bias has to be [${o}], got ${formatShape(bias.shape)}`);
}

/**
 * Cross-correlation of a batch of sequences with `weight`, as PyTorch's conv1d: {@link conv2d} in one dimension.
 *
 * @param x `[N, C, W]`, or `[C, W]` for a single one
 * @param weight `[O, C / groups, KW]`
 * @returns `[N, O, OW]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 */
export const conv1d = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  convolution("conv1d", 1, x, weight, options);

/**
 * Cross-correlation of a batch of images with `weight`, as PyTorch's conv2d.
 *
 *     y[n, o, i, j] = bias[o] + Σ_{c,p,q} weight[o, c, p, q] · x[n, c, i·stride + p·dilation − padding, …]
 *
 * @param x `[N, C, H, W]`, or `[C, H, W]` for a single image
 * @param weight `[O, C / groups, KH, KW]`
 * @returns `[N, O, OH, OW]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export const conv2d = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  convolution("conv2d", 2, x, weight, options);

/**
 * Cross-correlation of a batch of volumes with `weight`, as PyTorch's conv3d: {@link conv2d} in three dimensions.
 *
 * @param x `[N, C, D, H, W]`, or `[C, D, H, W]` for a single one
 * @param weight `[O, C / groups, KD, KH, KW]`
 * @returns `[N, O, OD, OH, OW]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html
 */
export const conv3d = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  convolution("conv3d", 3, x, weight, options);

export interface ConvTransposeOptions {
  bias?: Tensor | null;
  /** Default 1. */
  stride?: PairArgument;
  /** Cut off the result on both sides. Default 0. */
  padding?: PairArgument;
  /** Added to the result's size on one side, where several sizes are possible. Default 0. */
  outputPadding?: PairArgument;
  /** Default 1. */
  dilation?: PairArgument;
  /** Default 1. */
  groups?: number;
}

function transposedConvolution(
  name: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions,
): Tensor {
  if (x.rank === dims + 1)
    return transposedConvolution(name, dims, x.unsqueeze(0), weight, options).squeeze(0);
  const { bias = null, groups = 1 } = options;
  const axes = AXES.slice(3 - dims).join(", ");
  if (x.rank !== dims + 2)
    throw new ShapeError(
      `${name}: the input has to be [N, C, ${axes}] or [C, ${axes}], got ${formatShape(x.shape)}`,
    );
  checkWeight(name, dims, weight, "C, O / groups");
  const [, channels, ...size] = x.shape;
  const [c, perGroup, ...kernelSize] = weight.shape;
  if (c !== channels)
    throw new ShapeError(
      `${name}: the input ${formatShape(x.shape)} has ${channels} channels, the weight ${formatShape(weight.shape)} takes ${c}`,
    );
  const o = perGroup * groups;
  checkGroups(name, groups, channels, o);
  checkBias(name, bias, o);
  const stride = pair(options.stride ?? 1, `${name}: stride`, dims, 1);
  const padding = pair(options.padding ?? 0, `${name}: padding`, dims, 0);
  const dilation = pair(options.dilation ?? 1, `${name}: dilation`, dims, 1);
  const extra = pair(options.outputPadding ?? 0, `${name}: outputPadding`, dims, 0);
  if (extra.some((n, i) => n >= stride[i] && n >= dilation[i]))
    throw new DlError(
      "value",
      `${name}: outputPadding ${formatShape(extra)} has to be smaller than stride ${formatShape(stride)} or dilation ${formatShape(dilation)}`,
    );
  const inputSize = size.map(
    (n, i) =>
      (n - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernelSize[i] - 1) + extra[i] + 1,
  );
  if (inputSize.some((n) => n < 1))
    throw new ShapeError(
      `${name}: the input ${formatShape(x.shape)} is too small: the result would be ${formatShape(inputSize)}`,
    );
  if (extra.some((n, i) => n >= stride[i])) {
    // Beyond what a convolution with this stride could have started from: the whole, cut and padded.
    const whole = transposedConvolution(name, dims, x, weight, { stride, dilation, groups });
    const y = inputSize.reduce((t, n, i) => {
      const missing = padding[i] + n - t.shape[2 + i];
      const amounts = inputSize.flatMap((_, d) => [0, dims - 1 - d === i ? missing : 0]);
      return (missing > 0 ? pad(t, amounts) : t).narrow(2 + i, padding[i], n);
    }, whole);
    return bias ? y.add(bias.reshape([1, o, ...size.map(() => 1)])) : y;
  }
  const attrs: ConvAttrs = {
    stride,
    before: padding,
    after: padding,
    dilation,
    groups,
    inputSize,
    kernelSize,
  };
  const y = dispatch(convInputGradientOp, [x, weight], attrs);
  return bias ? y.add(bias.reshape([1, o, ...size.map(() => 1)])) : y;
}

/** {@link convTranspose2d} in one dimension: x `[N, C, W]`, weight `[C, O / groups, KW]`. */
export const convTranspose1d = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => transposedConvolution("convTranspose1d", 1, x, weight, options);

/**
 * The transpose of {@link conv2d}, as PyTorch's conv_transpose2d: what flows back from an output to an input, used forwards.
 *
 *     OH = (H − 1) · stride − 2 · padding + dilation · (KH − 1) + outputPadding + 1
 *
 * @param x `[N, C, H, W]`, or `[C, H, W]` for a single image
 * @param weight `[C, O / groups, KH, KW]`
 * @returns `[N, O, OH, OW]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 */
export const convTranspose2d = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => transposedConvolution("convTranspose2d", 2, x, weight, options);

/** {@link convTranspose2d} in three dimensions: x `[N, C, D, H, W]`, weight `[C, O / groups, KD, KH, KW]`. */
export const convTranspose3d = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => transposedConvolution("convTranspose3d", 3, x, weight, options);

function paddingAmounts(
  name: string,
  padding: ConvOptions["padding"],
  kernel: Shape,
  stride: readonly number[],
  dilation: readonly number[],
): [readonly number[], readonly number[]] {
  if (padding === "valid") return [kernel.map(() => 0), kernel.map(() => 0)];
  if (padding !== "same") {
    const amount = pair(padding ?? 0, `${name}: padding`, kernel.length, 0);
    return [amount, amount];
  }
  if (stride.some((s) => s !== 1))
    throw new DlError("value", `${name}: padding "same" is for stride 1`);
  const total = kernel.map((k, i) => dilation[i] * (k - 1));
  const before = total.map((n) => Math.floor(n / 2));
  return [before, total.map((n, i) => n - before[i])];
}

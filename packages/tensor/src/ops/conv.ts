/**
 * Convolution: windows of the padded input times the weight, as one matrix product. Three ops, each the gradient of the
 * others, so that gradients of gradients close; a backend may bring kernels of its own for each by its name.
 *
 * Activations are laid out with channels innermost (whatever the shape says): windows then copy in long runs, and the
 * product writes its result where the next layer reads it.
 */
import { defineComposite } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { numelOf, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { channelsLastStrides, padChannelsLast } from "./join.ts";
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

const convOp: Op<ConvAttrs> = defineComposite<ConvAttrs>("conv2d", {
  results([x, weight], attrs) {
    const shape = [x.shape[0], weight.shape[0], ...outputSize(attrs)];
    return [{ shape, dtype: x.dtype, strides: channelsLastStrides(shape) }];
  },
  decompose([x, weight], attrs) {
    const { groups } = attrs;
    const [n] = x.shape;
    const [o] = weight.shape;
    const [taken, out] = columns(x, attrs);
    const y = grouped(taken, weightMatrix(weight, groups));
    // [groups, N·O..., O/groups] → [N, O, O...], channels innermost.
    const order = [1, 0, 2 + out.length, ...out.map((_, i) => 2 + i)];
    return [
      y
        .reshape([groups, n, ...out, o / groups])
        .permute(order)
        .reshape([n, o, ...out]),
    ];
  },
  saves: (needs) => ({ inputs: [...(needs[0] ? [1] : []), ...(needs[1] ? [0] : [])] }),
  gradient: ([g], { attrs, needs, input }) => [
    needs[0] ? dispatch(convInputGradientOp, [g!, input(1)], attrs) : null,
    needs[1] ? dispatch(convWeightGradientOp, [input(0), g!], attrs) : null,
  ],
});

const convInputGradientOp: Op<ConvAttrs> = defineComposite<ConvAttrs>("conv2dInputGradient", {
  results([g, weight], { groups, inputSize }) {
    const shape = [g.shape[0], weight.shape[1] * groups, ...inputSize];
    return [{ shape, dtype: g.dtype, strides: channelsLastStrides(shape) }];
  },
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

const convWeightGradientOp: Op<ConvAttrs> = defineComposite<ConvAttrs>("conv2dWeightGradient", {
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
});

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

/** One number for every dimension, or one each. */
export function pair(value: PairArgument, name: string, dims = 2): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(dims).fill(value) : value;
  if (list.length !== dims || !list.every(Number.isInteger))
    throw new DlError(
      "value",
      `${name} has to be a whole number or ${dims} of them, got ${JSON.stringify(value)}`,
    );
  return list;
}

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
export function conv2d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  if (x.rank === 3) return conv2d(x.unsqueeze(0), weight, options).squeeze(0);
  const { bias = null, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  if (x.rank !== 4)
    throw new ShapeError(
      `conv2d: the input has to be [N, C, H, W] or [C, H, W], got ${formatShape(x.shape)}${x.rank === 2 ? ": reshape flat images first, x.reshape(-1, 1, 28, 28)" : ""}`,
    );
  if (weight.rank !== 4)
    throw new ShapeError(
      `conv2d: the weight has to be [O, C / groups, KH, KW], got ${formatShape(weight.shape)}`,
    );
  const [, channels, ...inputSize] = x.shape;
  const [o, c, ...kernelSize] = weight.shape;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || o % groups !== 0) {
    throw new DlError(
      "value",
      `conv2d: ${groups} groups do not divide ${channels} input and ${o} output channels`,
    );
  }
  if (c * groups !== channels) {
    throw new ShapeError(
      `conv2d: the input ${formatShape(x.shape)} has ${channels} channels, the weight ${formatShape(weight.shape)} takes ${c * groups}${groups > 1 ? ` (${groups} groups)` : ""}`,
    );
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== o))
    throw new ShapeError(`conv2d: the bias has to be [${o}], got ${formatShape(bias.shape)}`);
  const steps = pair(stride, "conv2d: stride");
  const spread = pair(dilation, "conv2d: dilation");
  const [before, after] = paddingAmounts(padding, kernelSize, steps, spread);
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
      `conv2d: a window of ${formatShape(kernelSize)} does not fit the input ${formatShape(x.shape)} with padding ${JSON.stringify(padding)}`,
    );
  const y = dispatch(convOp, [x, weight], attrs);
  return bias ? y.add(bias.reshape([1, o, 1, 1])) : y;
}

function paddingAmounts(
  padding: ConvOptions["padding"],
  kernel: Shape,
  stride: readonly number[],
  dilation: readonly number[],
): [readonly number[], readonly number[]] {
  if (padding === "valid") return [kernel.map(() => 0), kernel.map(() => 0)];
  if (padding !== "same") {
    const amount = pair(padding ?? 0, "conv2d: padding");
    return [amount, amount];
  }
  if (stride.some((s) => s !== 1))
    throw new DlError("value", 'conv2d: padding "same" is for stride 1');
  const total = kernel.map((k, i) => dilation[i] * (k - 1));
  const before = total.map((n) => Math.floor(n / 2));
  return [before, total.map((n, i) => n - before[i])];
}

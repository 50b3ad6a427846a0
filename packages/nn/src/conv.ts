import {
  conv2d,
  DlError,
  formatShape,
  type PadMode,
  type PairArgument,
  pad,
  pair,
  ShapeError,
  type Tensor,
} from "@dl/tensor";
import { checkCounts, checkInput } from "./check.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { emptyParameter, type LayerOptions, type Parameter } from "./parameter.ts";
import { tuple } from "./python.ts";

export interface Conv2dOptions extends LayerOptions {
  /** Default 1. */
  stride?: PairArgument;
  /** On both sides; "same" keeps the size (stride 1), "valid" is 0. Default 0. */
  padding?: PairArgument | "same" | "valid";
  /** Default 1. */
  dilation?: PairArgument;
  /** Channels in and out are split into this many groups that do not see each other. Default 1. */
  groups?: number;
  /** Add a learnt bias per channel. Default true. */
  bias?: boolean;
  /** What stands outside the image. Default "zeros". */
  paddingMode?: "zeros" | "reflect" | "replicate" | "circular";
}

/**
 * Convolution of images (as everywhere in deep learning: cross-correlation).
 *
 *     y[n, o, i, j] = b[o] + Σ_{c,p,q} W[o, c, p, q] · x[n, c, i·stride + p·dilation − padding, …]
 *     x [N, in, H, W] or [in, H, W] → y [N, out, OH, OW]
 *     weight [out, in / groups, KH, KW]      bias [out]
 *     OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1
 *
 * Weight and bias start uniform on (−k, k), k = 1/√(in / groups · KH · KW).
 *
 * @throws ShapeError when the input's channels are not `inChannels`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 *
 * @example
 * new Conv2d(1, 8, 3, { padding: 1 })(zeros(2, 1, 28, 28)).shape // => [2, 8, 28, 28]
 */
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | "same" | "valid";
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: NonNullable<Conv2dOptions["paddingMode"]>;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    {
      stride = 1,
      padding = 0,
      dilation = 1,
      groups = 1,
      bias = true,
      paddingMode = "zeros",
      ...options
    }: Conv2dOptions = {},
  ) {
    super();
    checkCounts("Conv2d", { inChannels, outChannels });
    if (kernelSize === undefined) throw new DlError("value", "Conv2d: kernelSize is missing");
    const name = `Conv2d(${inChannels}, ${outChannels})`;
    if (!(groups > 0) || inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new DlError(
        "value",
        `${name}: ${groups} groups do not divide ${inChannels} input and ${outChannels} output channels`,
      );
    }
    if (!["zeros", "reflect", "replicate", "circular"].includes(paddingMode)) {
      throw new DlError(
        "value",
        `${name}: paddingMode is "zeros", "reflect", "replicate" or "circular", got ${JSON.stringify(paddingMode)}`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(kernelSize, `${name}: kernelSize`);
    this.stride = pair(stride, `${name}: stride`);
    this.padding = typeof padding === "string" ? padding : pair(padding, `${name}: padding`);
    this.dilation = pair(dilation, `${name}: dilation`);
    this.groups = groups;
    this.paddingMode = paddingMode;
    if (padding === "same" && this.stride.some((s) => s !== 1)) {
      throw new DlError(
        "value",
        `${name}: padding "same" keeps the size only with stride 1, got ${formatShape(this.stride)}`,
      );
    }
    this.weight = emptyParameter([outChannels, inChannels / groups, ...this.kernelSize], options);
    this.bias = bias ? emptyParameter([outChannels], options) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (!this.bias) return;
    const [fanIn] = init.calculateFanInAndFanOut(this.weight);
    const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
    init.uniform_(this.bias, { a: -bound, b: bound });
  }

  forward(x: Tensor): Tensor {
    checkInput("Conv2d", x, this.weight.dtype);
    if ((x.rank !== 3 && x.rank !== 4) || x.shape.at(-3) !== this.inChannels) throw this.#misfit(x);
    const { weight, bias, stride, padding, dilation, groups, paddingMode } = this;
    if (paddingMode === "zeros")
      return conv2d(x, weight, { bias, stride, padding, dilation, groups });
    const padded = pad(x, this.#amounts(), { mode: paddingMode satisfies PadMode });
    return conv2d(padded, weight, { bias, stride, dilation, groups });
  }

  /** [left, right, top, bottom] */
  #amounts(): number[] {
    const { padding, kernelSize, dilation } = this;
    if (padding === "valid") return [0, 0, 0, 0];
    return [1, 0].flatMap((d) => {
      if (padding !== "same") return [padding[d], padding[d]];
      const total = dilation[d] * (kernelSize[d] - 1);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  }

  #misfit({ shape, rank }: Tensor): ShapeError {
    const { inChannels: c, outChannels } = this;
    const start = `Conv2d(${c}, ${outChannels}): the input ${formatShape(shape)}`;
    if (rank !== 3 && rank !== 4) {
      return new ShapeError(
        `${start} has to be [N, ${c}, H, W] or [${c}, H, W]${rank === 2 ? `: flat images need their shape back first, x.reshape(-1, ${c}, 28, 28) for 28×28` : ""}`,
      );
    }
    const found = shape.at(-3);
    if (shape.at(-1) === c)
      return new ShapeError(
        `${start} seems to have its channels last: x.permute(${rank === 4 ? "0, 3, 1, 2" : "2, 0, 1"}) brings them to the front`,
      );
    if (rank === 3 && c === 1)
      return new ShapeError(
        `${start} has ${found} channels, expected 1: if these are ${found} images in grey, x.unsqueeze(1) makes them [${found}, 1, ${shape[1]}, ${shape[2]}]`,
      );
    return new ShapeError(
      `${start} has ${found} channels, expected ${c}: write new Conv2d(${found}, ${outChannels}, ...)`,
    );
  }

  override extraRepr(): string {
    const { padding, dilation, groups, bias, paddingMode } = this;
    const parts = [
      this.inChannels,
      this.outChannels,
      `kernel_size=${tuple(this.kernelSize)}`,
      `stride=${tuple(this.stride)}`,
    ];
    if (typeof padding === "string") parts.push(`padding=${padding}`);
    else if (padding.some((n) => n !== 0)) parts.push(`padding=${tuple(padding)}`);
    if (dilation.some((n) => n !== 1)) parts.push(`dilation=${tuple(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (!bias) parts.push("bias=False");
    if (paddingMode !== "zeros") parts.push(`padding_mode=${paddingMode}`);
    return parts.join(", ");
  }
}

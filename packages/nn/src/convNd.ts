/** What convolutions in one to three dimensions, and their transposes, share. */
import {
  DlError,
  formatShape,
  type PairArgument,
  pad,
  pair,
  ShapeError,
  type Tensor,
} from "@dl/tensor/core";
import { checkCounts, checkInput } from "./check.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { emptyParameter, type LayerOptions, type Parameter } from "./parameter.ts";
import { tuple } from "./python.ts";

export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

export interface ConvLayerOptions extends LayerOptions {
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
  /** What stands outside the input. Default "zeros". */
  paddingMode?: PaddingMode;
}
interface Kind extends ConvLayerOptions {
  readonly transposed: boolean;
  readonly outputPadding: PairArgument;
}

const MODES: readonly string[] = ["zeros", "reflect", "replicate", "circular"];

export abstract class ConvNd extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | "same" | "valid";
  readonly dilation: readonly number[];
  readonly outputPadding: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    dims: number,
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
      transposed,
      outputPadding,
      ...options
    }: Kind,
  ) {
    super();
    const kind = new.target.name;
    checkCounts(kind, { inChannels, outChannels });
    if (kernelSize === undefined) throw new DlError("value", `${kind}: kernelSize is missing`);
    const name = `${kind}(${inChannels}, ${outChannels})`;
    if (!(groups > 0) || inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new DlError(
        "value",
        `${name}: ${groups} groups do not divide ${inChannels} input and ${outChannels} output channels`,
      );
    }
    if (!MODES.includes(paddingMode)) {
      throw new DlError(
        "value",
        `${name}: paddingMode is "zeros", "reflect", "replicate" or "circular", got ${JSON.stringify(paddingMode)}`,
      );
    }
    if (typeof padding === "string" && padding !== "same" && padding !== "valid") {
      throw new DlError(
        "value",
        `${name}: padding is a whole number, ${dims === 1 ? "" : `${dims} of them, `}"same" or "valid", got ${JSON.stringify(padding)}`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(kernelSize, `${name}: kernelSize`, dims);
    this.stride = pair(stride, `${name}: stride`, dims);
    this.padding = typeof padding === "string" ? padding : pair(padding, `${name}: padding`, dims);
    this.dilation = pair(dilation, `${name}: dilation`, dims);
    this.outputPadding = pair(outputPadding, `${name}: outputPadding`, dims);
    this.groups = groups;
    this.paddingMode = paddingMode;
    if (padding === "same" && this.stride.some((s) => s !== 1)) {
      throw new DlError(
        "value",
        `${name}: padding "same" keeps the size only with stride 1, got ${formatShape(this.stride)}`,
      );
    }
    const channels = transposed
      ? [inChannels, outChannels / groups]
      : [outChannels, inChannels / groups];
    this.weight = emptyParameter([...channels, ...this.kernelSize], options);
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

  /** Throws what says how to make the input fit. */
  protected check(x: Tensor): void {
    const name = this.constructor.name;
    checkInput(name, x, this.weight.dtype);
    const dims = this.kernelSize.length;
    if ((x.rank === dims + 1 || x.rank === dims + 2) && x.shape.at(-dims - 1) === this.inChannels)
      return;
    throw misfit(name, this, x, dims);
  }

  /** The input with the padding that `paddingMode` asks for around it. */
  protected padded(x: Tensor): Tensor {
    const { padding, kernelSize, dilation, paddingMode } = this;
    if (paddingMode === "zeros" || padding === "valid") return x;
    // [left, right] of the last dimension first.
    const amounts = kernelSize
      .map((size, d) => {
        if (padding !== "same") return [padding[d], padding[d]];
        const total = dilation[d] * (size - 1);
        return [Math.floor(total / 2), Math.ceil(total / 2)];
      })
      .toReversed();
    return pad(x, amounts.flat(), { mode: paddingMode });
  }

  override extraRepr(): string {
    const { padding, dilation, outputPadding, groups, bias, paddingMode } = this;
    const parts = [
      this.inChannels,
      this.outChannels,
      `kernel_size=${tuple(this.kernelSize)}`,
      `stride=${tuple(this.stride)}`,
    ];
    if (typeof padding === "string") parts.push(`padding=${padding}`);
    else if (padding.some((n) => n !== 0)) parts.push(`padding=${tuple(padding)}`);
    if (dilation.some((n) => n !== 1)) parts.push(`dilation=${tuple(dilation)}`);
    if (outputPadding.some((n) => n !== 0)) parts.push(`output_padding=${tuple(outputPadding)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (!bias) parts.push("bias=False");
    if (paddingMode !== "zeros") parts.push(`padding_mode=${paddingMode}`);
    return parts.join(", ");
  }
}

const AXES = ["D", "H", "W"];
const INPUTS = ["sequences", "images", "volumes"];

function misfit(
  name: string,
  { inChannels: c, outChannels }: ConvNd,
  { shape, rank }: Tensor,
  dims: number,
): ShapeError {
  const start = `${name}(${c}, ${outChannels}): the input ${formatShape(shape)}`;
  const axes = (dims === 1 ? ["L"] : AXES.slice(3 - dims)).join(", ");
  if (rank !== dims + 1 && rank !== dims + 2) {
    const isFlatImage = dims === 2 && rank === 2;
    return new ShapeError(
      `${start} has to be [N, ${c}, ${axes}] or [${c}, ${axes}]${isFlatImage ? `: flat images need their shape back first, x.reshape(-1, ${c}, 28, 28) for 28×28` : ""}`,
    );
  }
  const found = shape.at(-dims - 1);
  if (shape.at(-1) === c) {
    const front = rank === dims + 2 ? [0] : [];
    const behind = Array.from({ length: dims }, (_, i) => front.length + i);
    return new ShapeError(
      `${start} seems to have its channels last: x.permute(${[...front, rank - 1, ...behind].join(", ")}) brings them to the front`,
    );
  }
  if (rank === dims + 1 && c === 1)
    return new ShapeError(
      `${start} has ${found} channels, expected 1: if these are ${found} ${INPUTS[dims - 1]}${dims === 2 ? " in grey" : ""}, x.unsqueeze(1) makes them ${formatShape([found!, 1, ...shape.slice(1)])}`,
    );
  return new ShapeError(
    `${start} has ${found} channels, expected ${c}: write new ${name}(${found}, ${outChannels}, ...)`,
  );
}

import {
  DlError,
  type DType,
  formatShape,
  full,
  ShapeError,
  type Tensor,
  type TensorOptions,
  triu,
} from "@dl/tensor/core";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { LayerNorm } from "../sampleNorm.ts";
import { TransformerDecoder, TransformerDecoderLayer } from "./decoder.ts";
import { TransformerEncoder, TransformerEncoderLayer } from "./encoder.ts";
import type { TransformerLayerOptions } from "./layer.ts";

export interface TransformerOptions extends TransformerLayerOptions {
  /** Width of the sequences. Default 512. */
  dModel?: number;
  /** Heads of every attention. Default 8. */
  nhead?: number;
  /** Default 6. */
  numEncoderLayers?: number;
  /** Default 6. */
  numDecoderLayers?: number;
  /** In the encoder's place. */
  customEncoder?: Module | null;
  /** In the decoder's place. */
  customDecoder?: Module | null;
}

/** Of a call. Masks: true is ignored; numbers are added to the scores. */
export interface TransformerCall {
  /** `[S, S]` or `[N · heads, S, S]` */
  srcMask?: Tensor | null;
  /** `[T, T]` or `[N · heads, T, T]` */
  tgtMask?: Tensor | null;
  /** `[T, S]` or `[N · heads, T, S]` */
  memoryMask?: Tensor | null;
  /** `[N, S]`, or `[S]` without a batch. */
  srcKeyPaddingMask?: Tensor | null;
  /** `[N, T]`, or `[T]` without a batch. */
  tgtKeyPaddingMask?: Tensor | null;
  /** `[N, S]`, or `[S]` without a batch. */
  memoryKeyPaddingMask?: Tensor | null;
  /** Hints that the masks are causal. Default: none, which gives the same numbers. */
  srcIsCausal?: boolean | null;
  tgtIsCausal?: boolean | null;
  memoryIsCausal?: boolean;
}

/**
 * Encoder and decoder of Vaswani et al. (2017), "Attention is all you need".
 *
 *     src [S, N, dModel], tgt [T, N, dModel] → [T, N, dModel]      with batchFirst [N, S, dModel] and so on
 *
 * All options have defaults: dModel 512, nhead 8, 6 layers each, and those of the layers. Each stack ends in a
 * normalisation. Weights with more than one dimension start Xavier-uniform. Options of the call: `srcMask`, `tgtMask`,
 * `memoryMask`, `srcKeyPaddingMask`, `tgtKeyPaddingMask`, `memoryKeyPaddingMask`, `srcIsCausal`, `tgtIsCausal`,
 * `memoryIsCausal`.
 *
 * @throws ShapeError for batches that differ, and for other widths than `dModel`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html
 *
 * @example
 * const model = new Transformer({ dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 16 });
 * const tgtMask = Transformer.generateSquareSubsequentMask(4);
 * model(zeros(5, 2, 8), zeros(4, 2, 8), { tgtMask }).shape // => [4, 2, 8]
 */
export class Transformer extends Module {
  encoder: Module;
  decoder: Module;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;

  constructor(given: TransformerOptions = {}) {
    super();
    if (typeof given !== "object")
      throw new DlError(
        "value",
        "Transformer: all arguments are options: new Transformer({ dModel, nhead })",
      );
    const {
      dModel = 512,
      nhead = 8,
      numEncoderLayers = 6,
      numDecoderLayers = 6,
      customEncoder = null,
      customDecoder = null,
      ...options
    } = given;
    const { layerNormEps: eps = 1e-5, bias = true, dtype, device } = options;
    const norm = () => new LayerNorm(dModel, { eps, bias, dtype, device });
    this.encoder =
      customEncoder ??
      new TransformerEncoder(
        new TransformerEncoderLayer(dModel, nhead, options),
        numEncoderLayers,
        {
          norm: norm(),
        },
      );
    this.decoder =
      customDecoder ??
      new TransformerDecoder(
        new TransformerDecoderLayer(dModel, nhead, options),
        numDecoderLayers,
        {
          norm: norm(),
        },
      );
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = options.batchFirst ?? false;
    for (const p of this.parameters()) if (p.rank > 1) init.xavierUniform_(p);
  }

  forward(src: Tensor, tgt: Tensor, options: TransformerCall = {}): Tensor {
    this._check(src, tgt);
    const { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask } = options;
    const { tgtIsCausal, memoryIsCausal = false } = options;
    const memory = this.encoder(src, {
      mask: options.srcMask,
      srcKeyPaddingMask: options.srcKeyPaddingMask,
      isCausal: options.srcIsCausal,
    });
    return this.decoder(tgt, memory, {
      tgtMask,
      memoryMask,
      tgtKeyPaddingMask,
      memoryKeyPaddingMask,
      tgtIsCausal,
      memoryIsCausal,
    }) as Tensor;
  }

  private _check(src: Tensor, tgt: Tensor): void {
    const shapes = `src ${formatShape(src.shape)}, tgt ${formatShape(tgt.shape)}`;
    const batchDim = this.batchFirst ? 0 : 1;
    if (src.rank === 3 && src.shape[batchDim] !== tgt.shape[batchDim])
      throw new ShapeError(
        `Transformer: the batches have to be equal, dimension ${batchDim} of ${shapes}${this.batchFirst ? "" : "; for [N, S, E] write { batchFirst: true }"}`,
      );
    if (src.shape.at(-1) !== this.dModel || tgt.shape.at(-1) !== this.dModel)
      throw new ShapeError(
        `Transformer(dModel=${this.dModel}): the last dimensions of ${shapes} have to be ${this.dModel}`,
      );
  }

  /**
   * A mask `[size, size]` under which each position sees itself and what is before it: 0 there, −∞ elsewhere.
   *
   * @example
   * Transformer.generateSquareSubsequentMask(2) // => [[0, -Infinity], [0, 0]]
   */
  static generateSquareSubsequentMask(
    sz: number,
    { device, dtype }: { device?: TensorOptions["device"]; dtype?: DType } = {},
  ): Tensor {
    return triu(full([sz, sz], Number.NEGATIVE_INFINITY, { device, dtype }), { diagonal: 1 });
  }
  /** The same on a model. */
  generateSquareSubsequentMask(
    sz: number,
    options: { device?: TensorOptions["device"]; dtype?: DType } = {},
  ): Tensor {
    return Transformer.generateSquareSubsequentMask(sz, options);
  }
}

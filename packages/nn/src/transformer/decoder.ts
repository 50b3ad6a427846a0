import type { Tensor } from "@dl/tensor/core";
import type { MultiheadAttention } from "../attention.ts";
import { ModuleList } from "../containers.ts";
import type { Dropout } from "../dropout.ts";
import { Module } from "../module.ts";
import type { LayerNorm } from "../sampleNorm.ts";
import { copiesOf, TransformerLayer, type TransformerLayerOptions } from "./layer.ts";

/** Of a call of a layer or of the decoder. Masks: true is ignored; numbers are added to the scores. */
export interface DecoderCall {
  /** `[T, T]` or `[N · heads, T, T]` */
  tgtMask?: Tensor | null;
  /** `[T, S]` or `[N · heads, T, S]` */
  memoryMask?: Tensor | null;
  /** `[N, T]`, or `[T]` without a batch. */
  tgtKeyPaddingMask?: Tensor | null;
  /** `[N, S]`, or `[S]` without a batch. */
  memoryKeyPaddingMask?: Tensor | null;
  /** A hint that `tgtMask` is causal. Default: no hint, which gives the same numbers. */
  tgtIsCausal?: boolean | null;
  /** A hint that `memoryMask` is causal. Default false. */
  memoryIsCausal?: boolean;
}

/**
 * Self-attention, attention to an encoder's output, and a feedforward network, each added to its input and normalised.
 *
 *     x ← norm₁(x + dropout₁(attention(x)))      x ← norm₂(x + dropout₂(attention(x, memory)))
 *     x ← norm₃(x + dropout₃(linear₂(dropout(activation(linear₁(x))))))
 *     tgt [T, N, dModel], memory [S, N, dModel] → [T, N, dModel]
 *
 * With `normFirst` the normalisations are applied to what goes into the parts instead. Layouts are those of
 * {@link TransformerEncoderLayer}. Options of the call: `tgtMask`, `memoryMask`, `tgtKeyPaddingMask`,
 * `memoryKeyPaddingMask`, `tgtIsCausal`, `memoryIsCausal`.
 *
 * @throws ShapeError for shapes that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
 *
 * @example
 * new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 })(zeros(4, 2, 8), zeros(5, 2, 8)).shape // => [4, 2, 8]
 */
export class TransformerDecoderLayer extends TransformerLayer {
  declare multiheadAttn: MultiheadAttention;
  declare norm1: LayerNorm;
  declare norm2: LayerNorm;
  declare norm3: LayerNorm;
  declare dropout1: Dropout;
  declare dropout2: Dropout;
  declare dropout3: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options, 3);
  }

  forward(tgt: Tensor, memory: Tensor, options: DecoderCall = {}): Tensor {
    const self = (x: Tensor) => this._self(x, options);
    const cross = (x: Tensor) => this._cross(x, memory, options);
    const feedforward = (x: Tensor) => this.dropout3(this.feedforward(x));
    let x = tgt;
    if (this.normFirst) {
      x = x.add(self(this.norm1(x)));
      x = x.add(cross(this.norm2(x)));
      return x.add(feedforward(this.norm3(x)));
    }
    x = this.norm1(x.add(self(x)));
    x = this.norm2(x.add(cross(x)));
    return this.norm3(x.add(feedforward(x)));
  }

  private _self(x: Tensor, { tgtMask, tgtKeyPaddingMask, tgtIsCausal }: DecoderCall): Tensor {
    const [y] = this.selfAttn(x, x, x, {
      attnMask: tgtMask,
      keyPaddingMask: tgtKeyPaddingMask,
      isCausal: tgtIsCausal ?? false,
      needWeights: false,
    });
    return this.dropout1(y);
  }

  private _cross(
    x: Tensor,
    memory: Tensor,
    { memoryMask, memoryKeyPaddingMask, memoryIsCausal = false }: DecoderCall,
  ): Tensor {
    const [y] = this.multiheadAttn(x, memory, memory, {
      attnMask: memoryMask,
      keyPaddingMask: memoryKeyPaddingMask,
      isCausal: memoryIsCausal,
      needWeights: false,
    });
    return this.dropout2(y);
  }
}

/**
 * A stack of decoder layers: copies of the one given, as in {@link TransformerEncoder}.
 *
 *     tgt [T, N, dModel], memory [S, N, dModel] → [T, N, dModel]
 *
 * Options of the call are those of {@link TransformerDecoderLayer}.
 *
 * @throws DlError "value" for a layer that cannot be copied.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
 *
 * @example
 * const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * new TransformerDecoder(layer, 2)(zeros(4, 2, 8), zeros(5, 2, 8)).shape // => [4, 2, 8]
 */
export class TransformerDecoder extends Module {
  layers: ModuleList<TransformerDecoderLayer>;
  readonly numLayers: number;
  norm: Module | null;

  constructor(
    decoderLayer: Module,
    numLayers: number,
    { norm = null }: { norm?: Module | null } = {},
  ) {
    super();
    const layers = copiesOf("TransformerDecoder", decoderLayer, numLayers);
    this.layers = new ModuleList(layers as TransformerDecoderLayer[]);
    this.numLayers = numLayers;
    this.norm = norm;
  }

  forward(tgt: Tensor, memory: Tensor, options: DecoderCall = {}): Tensor {
    let x = tgt;
    for (const layer of this.layers) x = layer(x, memory, options);
    return this.norm ? (this.norm(x) as Tensor) : x;
  }
}

import type { Tensor } from "@dl/tensor/core";
import { ModuleList } from "../containers.ts";
import type { Dropout } from "../dropout.ts";
import { Module } from "../module.ts";
import type { LayerNorm } from "../sampleNorm.ts";
import { copiesOf, TransformerLayer, type TransformerLayerOptions } from "./layer.ts";

/** Of a call of a layer. */
export interface EncoderLayerCall {
  /** `[S, S]` or `[N · heads, S, S]`. Bool: true where a key is ignored; floating point: added to the scores. */
  srcMask?: Tensor | null;
  /** `[N, S]`, or `[S]` without a batch. */
  srcKeyPaddingMask?: Tensor | null;
  /** A hint that `srcMask` is causal. Default false. */
  isCausal?: boolean;
}

/**
 * Self-attention and a feedforward network, each added to its input and normalised.
 *
 *     x ← norm₁(x + dropout₁(attention(x)))      x ← norm₂(x + dropout₂(linear₂(dropout(activation(linear₁(x))))))
 *     x [S, N, dModel] → the same shape
 *
 * With `normFirst`: `x ← x + dropout₁(attention(norm₁(x)))` and likewise the second. With `batchFirst` x is
 * `[N, S, dModel]`; without a batch `[S, dModel]`. Options of the call: `srcMask`, `srcKeyPaddingMask`, `isCausal`.
 *
 * Padded positions are computed like others, in training and in evaluation. (PyTorch in evaluation mode may take a
 * path of its own that leaves them out, and then gives zeros there.)
 *
 * @throws ShapeError for shapes that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 *
 * @example
 * new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true })(zeros(3, 5, 8)).shape // => [3, 5, 8]
 */
export class TransformerEncoderLayer extends TransformerLayer {
  declare norm1: LayerNorm;
  declare norm2: LayerNorm;
  declare dropout1: Dropout;
  declare dropout2: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options, 2);
  }

  forward(src: Tensor, options: EncoderLayerCall = {}): Tensor {
    const attended = (x: Tensor) => this._attention(x, options);
    if (this.normFirst) {
      const x = src.add(attended(this.norm1(src)));
      return x.add(this.dropout2(this.feedforward(this.norm2(x))));
    }
    const x = this.norm1(src.add(attended(src)));
    return this.norm2(x.add(this.dropout2(this.feedforward(x))));
  }

  private _attention(
    x: Tensor,
    { srcMask, srcKeyPaddingMask, isCausal = false }: EncoderLayerCall,
  ): Tensor {
    const [y] = this.selfAttn(x, x, x, {
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      isCausal,
      needWeights: false,
    });
    return this.dropout1(y);
  }
}

export interface EncoderOptions {
  /** Applied to the result. Default: nothing. */
  norm?: Module | null;
  /** Has no effect: padded positions are always computed. Default true. */
  enableNestedTensor?: boolean;
  /** Has no effect, like `enableNestedTensor`. Default true. */
  maskCheck?: boolean;
}
/** Of a call of the encoder. */
export interface EncoderCall extends Omit<EncoderLayerCall, "srcMask" | "isCausal"> {
  /** Every layer's `srcMask`. */
  mask?: Tensor | null;
  /** A hint that `mask` is causal. Default: no hint, which gives the same numbers. */
  isCausal?: boolean | null;
}

/**
 * A stack of encoder layers.
 *
 *     src [S, N, dModel] → the same shape      (`[N, S, dModel]` if the layers are batch first)
 *
 * The layers are copies of the one given, with the same starting values, so that they should be drawn anew for training. Options of the call: `mask`, `srcKeyPaddingMask`, `isCausal`.
 *
 * PyTorch's encoder in evaluation mode may leave padded positions out and give zeros there (before `norm`); this one
 * always computes them. The other positions have the same numbers.
 *
 * @throws DlError "value" for a layer that cannot be copied.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 *
 * @example
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * new TransformerEncoder(layer, 3)(zeros(5, 2, 8)).shape // => [5, 2, 8]
 */
export class TransformerEncoder extends Module {
  layers: ModuleList<TransformerEncoderLayer>;
  readonly numLayers: number;
  norm: Module | null;
  readonly enableNestedTensor: boolean;
  readonly maskCheck: boolean;

  constructor(
    encoderLayer: Module,
    numLayers: number,
    { norm = null, enableNestedTensor = true, maskCheck = true }: EncoderOptions = {},
  ) {
    super();
    const layers = copiesOf("TransformerEncoder", encoderLayer, numLayers);
    this.layers = new ModuleList(layers as TransformerEncoderLayer[]);
    this.numLayers = numLayers;
    this.norm = norm;
    this.enableNestedTensor = enableNestedTensor;
    this.maskCheck = maskCheck;
  }

  forward(src: Tensor, { mask, srcKeyPaddingMask, isCausal }: EncoderCall = {}): Tensor {
    let x = src;
    for (const layer of this.layers)
      x = layer(x, { srcMask: mask, srcKeyPaddingMask, isCausal: isCausal ?? false });
    return this.norm ? (this.norm(x) as Tensor) : x;
  }
}

import { DlError, type Tensor } from "@dl/tensor/core";
import { checkCounts, checkInput } from "./check.ts";
import {
  checkProbability,
  type MultiHeadAttentionOptions,
  multiHeadAttentionForward,
} from "./functional.ts";
import * as init from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { emptyParameter, type LayerOptions, type Parameter } from "./parameter.ts";

export interface MultiheadAttentionOptions extends LayerOptions {
  /** How likely an attention weight is dropped in training. Default 0. */
  dropout?: number;
  /** Add learnt biases to the projections. Default true. */
  bias?: boolean;
  /** Append a learnt key and a learnt value. Default false. */
  addBiasKv?: boolean;
  /** Append a key and a value of zeros. Default false. */
  addZeroAttn?: boolean;
  /** Width of the keys. Default: `embedDim`. */
  kdim?: number | null;
  /** Width of the values. Default: `embedDim`. */
  vdim?: number | null;
  /** Sequences are `[N, L, E]`. Default false: `[L, N, E]`. */
  batchFirst?: boolean;
}

/** Of a call. */
export type AttentionCallOptions = Pick<
  MultiHeadAttentionOptions,
  "keyPaddingMask" | "needWeights" | "attnMask" | "averageAttnWeights" | "isCausal"
>;

/** The output's projection: a `Linear` under the name by which PyTorch prints it. */
class NonDynamicallyQuantizableLinear extends Linear {}

/**
 * Attention in several heads, each on its own part of the projected features.
 *
 *     head = softmax(Q Kᵀ / √(E / heads) + masks) V      output = W_out [head₁ … headₙ] + b_out
 *     query [L, N, E], key [S, N, kdim], value [S, N, vdim] → [output [L, N, E], weights [N, L, S]]
 *
 * With `batchFirst` the sequences are `[N, L, E]` and so on; without a batch N is left out everywhere. Options of the
 * call: `keyPaddingMask` `[N, S]` and `attnMask` `[L, S]` or `[N · heads, L, S]` (bool: true is ignored; floating point:
 * added to the scores), `needWeights` (true; without it the second result is null), `averageAttnWeights` (true; otherwise
 * the weights are `[N, heads, L, S]`), `isCausal` (a hint that `attnMask` is causal).
 *
 * A query for which the masks leave no key gets NaN with `needWeights` and zeros without, as in PyTorch.
 *
 * State: `in_proj_weight` `[3 E, E]` (or `q_proj_weight`, `k_proj_weight`, `v_proj_weight` when kdim or vdim differ from
 * E), `in_proj_bias`, `bias_k`, `bias_v`, `out_proj.weight`, `out_proj.bias`. The input projections start
 * Xavier-uniform, biases at 0, `bias_k` and `bias_v` Xavier-normal.
 *
 * @throws DlError "value" when `embedDim` is not a multiple of `numHeads`; ShapeError for shapes that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 *
 * @example
 * const x = zeros(2, 5, 8);
 * const [output, weights] = new MultiheadAttention(8, 2, { batchFirst: true })(x, x, x);
 * output.shape // => [2, 5, 8]
 * weights!.shape // => [2, 5, 5]
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly numHeads: number;
  readonly headDim: number;
  dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;
  declare inProjWeight: Parameter | null;
  declare qProjWeight: Parameter | null;
  declare kProjWeight: Parameter | null;
  declare vProjWeight: Parameter | null;
  declare inProjBias: Parameter | null;
  declare biasK: Parameter | null;
  declare biasV: Parameter | null;
  declare outProj: Linear;

  constructor(
    embedDim: number,
    numHeads: number,
    {
      dropout = 0,
      bias = true,
      addBiasKv = false,
      addZeroAttn = false,
      kdim = null,
      vdim = null,
      batchFirst = false,
      ...options
    }: MultiheadAttentionOptions = {},
  ) {
    super();
    checkCounts("MultiheadAttention", { embedDim, numHeads });
    checkProbability(dropout, "MultiheadAttention");
    if (embedDim === 0 || numHeads === 0 || embedDim % numHeads !== 0)
      throw new DlError(
        "value",
        `MultiheadAttention: embedDim ${embedDim} has to be a positive multiple of numHeads ${numHeads}`,
      );
    this.embedDim = embedDim;
    this.kdim = kdim ?? embedDim;
    this.vdim = vdim ?? embedDim;
    this.numHeads = numHeads;
    this.headDim = embedDim / numHeads;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.addZeroAttn = addZeroAttn;

    const put = (isThere: boolean, name: string, key: string, shape: number[]) =>
      this.registerParameter(name, isThere ? emptyParameter(shape, options) : null, { key });
    const isSame = this.kdim === embedDim && this.vdim === embedDim;
    put(isSame, "inProjWeight", "in_proj_weight", [3 * embedDim, embedDim]);
    put(!isSame, "qProjWeight", "q_proj_weight", [embedDim, embedDim]);
    put(!isSame, "kProjWeight", "k_proj_weight", [embedDim, this.kdim]);
    put(!isSame, "vProjWeight", "v_proj_weight", [embedDim, this.vdim]);
    put(bias, "inProjBias", "in_proj_bias", [3 * embedDim]);
    put(addBiasKv, "biasK", "bias_k", [1, 1, embedDim]);
    put(addBiasKv, "biasV", "bias_v", [1, 1, embedDim]);
    const outProj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias, ...options });
    this.registerModule("outProj", outProj, { key: "out_proj" });
    this._reset();
  }

  private _reset(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight])
      if (weight) init.xavierUniform_(weight);
    for (const bias of [this.inProjBias, this.outProj.bias]) if (bias) init.zeros_(bias);
    for (const bias of [this.biasK, this.biasV]) if (bias) init.xavierNormal_(bias);
  }

  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: AttentionCallOptions = {},
  ): [output: Tensor, weights: Tensor | null] {
    const { outProj } = this;
    for (const x of [query, key, value]) checkInput("MultiheadAttention", x, outProj.weight.dtype);
    return multiHeadAttentionForward(
      query,
      key,
      value,
      this.embedDim,
      this.numHeads,
      this.inProjWeight,
      this.inProjBias,
      this.biasK,
      this.biasV,
      this.addZeroAttn,
      this.dropout,
      outProj.weight,
      outProj.bias,
      {
        ...options,
        training: this.training,
        useSeparateProjWeight: this.inProjWeight === null,
        qProjWeight: this.qProjWeight,
        kProjWeight: this.kProjWeight,
        vProjWeight: this.vProjWeight,
        batchFirst: this.batchFirst,
      },
    );
  }
}

import type { Tensor } from "@dl/tensor/core";
import { checkCounts } from "./check.ts";
import {
  type BagMode,
  type EmbeddingBagOptions,
  type EmbeddingLookup,
  embedding,
  embeddingBag,
} from "./functional/embedding.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { emptyParameter, type LayerOptions, Parameter } from "./parameter.ts";
import { float } from "./python.ts";
import { quietly } from "./quiet.ts";

export interface EmbeddingOptions extends EmbeddingLookup, LayerOptions {
  /** @internal A table made elsewhere. */
  _weight?: Tensor | null;
  /** @internal Do not learn it. */
  _freeze?: boolean;
}
export interface PretrainedOptions extends EmbeddingLookup {
  /** Do not learn the table. Default true. */
  freeze?: boolean;
}

abstract class Table extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  weight: Parameter;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    {
      paddingIdx = null,
      maxNorm = null,
      normType = 2,
      scaleGradByFreq = false,
      sparse = false,
      _weight = null,
      _freeze = false,
      ...options
    }: EmbeddingOptions,
  ) {
    super();
    checkCounts(new.target.name, { numEmbeddings, embeddingDim });
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx =
      paddingIdx !== null && paddingIdx < 0 ? numEmbeddings + paddingIdx : paddingIdx;
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.sparse = sparse;
    this.weight = _weight
      ? new Parameter(_weight, { requiresGrad: !_freeze })
      : emptyParameter([numEmbeddings, embeddingDim], options);
    if (!_weight) this.resetParameters();
  }

  /** Draws the table anew; the row of `paddingIdx` is zero. */
  resetParameters(): void {
    init.normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx === null) return;
    quietly(() => this.weight.select(0, paddingIdx).zero_());
  }

  protected get lookup(): EmbeddingLookup {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return { paddingIdx, maxNorm, normType, scaleGradByFreq };
  }
  /** What both print, in the order that each has. */
  protected parts(): Record<"size" | "padding" | "norm" | "scale", string> {
    const { paddingIdx, maxNorm, normType } = this;
    return {
      size: `${this.numEmbeddings}, ${this.embeddingDim}`,
      padding: paddingIdx === null ? "" : `, padding_idx=${paddingIdx}`,
      norm:
        (maxNorm === null ? "" : `, max_norm=${float(maxNorm)}`) +
        (normType === 2 ? "" : `, norm_type=${float(normType)}`),
      scale: this.scaleGradByFreq ? ", scale_grad_by_freq=True" : "",
    };
  }
}

/**
 * A learnt vector for each whole number 0 … numEmbeddings − 1.
 *
 *     input [...] → y [..., embeddingDim]      weight [numEmbeddings, embeddingDim]
 *
 * The table starts standard normal, its row `paddingIdx` zero; that row gets no gradient.
 *
 * @param options `paddingIdx`, `maxNorm`, `normType` 2, `scaleGradByFreq`: see `functional.embedding`.
 * @throws DlError "index" for a number that is no row, where it can be read without waiting.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 *
 * @example
 * const embedding = new Embedding(10, 3, { paddingIdx: 0 });
 * embedding(tensor([[0, 4], [2, 9]], { dtype: "int32" })).shape // => [2, 2, 3]
 */
export class Embedding extends Table {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
  }

  /**
   * A layer with a given table, `[numEmbeddings, embeddingDim]`, whose memory it shares. It is not learnt unless
   * `freeze` is false.
   *
   * @example
   * const embedding = Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * embedding(tensor([1], { dtype: "int32" })) // => [[3, 4]]
   */
  static fromPretrained(
    embeddings: Tensor,
    { freeze = true, ...options }: PretrainedOptions = {},
  ): Embedding {
    const [rows, size] = embeddings.shape;
    return new Embedding(rows, size, { ...options, _weight: embeddings, _freeze: freeze });
  }

  forward(input: Tensor): Tensor {
    return embedding(input, this.weight, this.lookup);
  }
  override extraRepr(): string {
    const { size, padding, norm, scale } = this.parts();
    return `${size}${padding}${norm}${scale}${this.sparse ? ", sparse=True" : ""}`;
  }
}

export interface EmbeddingBagModuleOptions extends EmbeddingOptions {
  /** What becomes of a bag's rows. Default `"mean"`. */
  mode?: BagMode;
  /** `offsets` has one number more: where the last bag ends. Default false. */
  includeLastOffset?: boolean;
}

/**
 * Sums, means or maxima of bags of rows of a learnt table.
 *
 *     input [B, N], or input [n] with offsets [B] → y [B, embeddingDim]
 *     weight [numEmbeddings, embeddingDim]
 *
 * The table starts standard normal, its row `paddingIdx` zero; that row does not count in its bag. Empty bags give
 * zeros. `offsets`, and with mode `"sum"` `perSampleWeights`, are options of the call.
 *
 * @throws ShapeError, and DlError "index" for a number that is no row, where it can be read without waiting.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
 *
 * @example
 * const bags = new EmbeddingBag(10, 3, { mode: "sum" });
 * const offsets = tensor([0, 2], { dtype: "int32" });
 * bags(tensor([1, 2, 4, 5, 4], { dtype: "int32" }), { offsets }).shape // => [2, 3]
 */
export class EmbeddingBag extends Table {
  readonly mode: BagMode;
  readonly includeLastOffset: boolean;
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    { mode = "mean", includeLastOffset = false, ...options }: EmbeddingBagModuleOptions = {},
  ) {
    super(numEmbeddings, embeddingDim, options);
    this.mode = mode;
    this.includeLastOffset = includeLastOffset;
  }

  /** A layer with a given table, as {@link Embedding.fromPretrained} makes one. */
  static fromPretrained(
    embeddings: Tensor,
    {
      freeze = true,
      ...options
    }: PretrainedOptions & Pick<EmbeddingBagModuleOptions, "mode" | "includeLastOffset"> = {},
  ): EmbeddingBag {
    const [rows, size] = embeddings.shape;
    return new EmbeddingBag(rows, size, { ...options, _weight: embeddings, _freeze: freeze });
  }

  forward(
    input: Tensor,
    options: Pick<EmbeddingBagOptions, "offsets" | "perSampleWeights"> = {},
  ): Tensor {
    const { mode, includeLastOffset } = this;
    return embeddingBag(input, this.weight, {
      ...this.lookup,
      ...options,
      mode,
      includeLastOffset,
    });
  }
  override extraRepr(): string {
    const { size, padding, norm, scale } = this.parts();
    return `${size}${norm}${scale}, mode='${this.mode}'${padding}`;
  }
}

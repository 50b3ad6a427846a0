/** What the two kinds of transformer layers share. */
import { DlError, type Tensor } from "@dl/tensor/core";
import { MultiheadAttention } from "../attention.ts";
import { undrawn } from "../drawing.ts";
import { Dropout } from "../dropout.ts";
import { gelu, relu } from "../functional.ts";
import { Linear } from "../linear.ts";
import { isModule, Module } from "../module.ts";
import type { LayerOptions } from "../parameter.ts";
import { LayerNorm } from "../sampleNorm.ts";

export type Activation = "relu" | "gelu" | ((x: Tensor) => Tensor);

export interface TransformerLayerOptions extends LayerOptions {
  /** Width of the hidden layer of the feedforward network. Default 2048. */
  dimFeedforward?: number;
  /** How likely an element is dropped in training. Default 0.1. */
  dropout?: number;
  /** In the feedforward network: `"relu"`, `"gelu"`, a function or a module. Default `"relu"`. */
  activation?: Activation;
  /** Added to the variance in the normalisations. Default 1e-5. */
  layerNormEps?: number;
  /** Sequences are `[N, L, E]`. Default false: `[L, N, E]`. */
  batchFirst?: boolean;
  /** Normalise before each part rather than after it. Default false. */
  normFirst?: boolean;
  /** Biases in the linear layers and the normalisations. Default true. */
  bias?: boolean;
}

const ACTIVATIONS = { relu: (x: Tensor) => relu(x), gelu: (x: Tensor) => gelu(x) };

function activationOf(name: string, activation: Activation): (x: Tensor) => Tensor {
  if (typeof activation === "function") return activation;
  const found = ACTIVATIONS[activation];
  if (found) return found;
  throw new DlError(
    "value",
    `${name}: activation is "relu", "gelu" or a function, got ${JSON.stringify(activation)}`,
  );
}

export abstract class TransformerLayer extends Module {
  readonly normFirst: boolean;
  declare selfAttn: MultiheadAttention;
  declare linear1: Linear;
  declare dropout: Dropout;
  declare linear2: Linear;
  declare activation: (x: Tensor) => Tensor;
  /** What it was made with. */
  readonly #dModel: number;
  readonly #nhead: number;
  readonly #options: TransformerLayerOptions;

  /** @param count of normalisations, and of what drops out before them */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions, count: 2 | 3) {
    super();
    const {
      dimFeedforward = 2048,
      dropout = 0.1,
      activation = "relu",
      layerNormEps = 1e-5,
      batchFirst = false,
      normFirst = false,
      bias = true,
      dtype,
      device,
    } = options;
    const name = new.target.name;
    this.#dModel = dModel;
    this.#nhead = nhead;
    this.#options = options;
    this.normFirst = normFirst;
    const found = activationOf(name, activation);
    const layer = { bias, dtype, device };
    const attention = () =>
      new MultiheadAttention(dModel, nhead, { dropout, batchFirst, ...layer });
    // In the order in which PyTorch makes them, which is that of the random numbers.
    this.registerModule("selfAttn", attention(), { key: "self_attn" });
    if (count === 3) this.registerModule("multiheadAttn", attention(), { key: "multihead_attn" });
    this.linear1 = new Linear(dModel, dimFeedforward, layer);
    this.dropout = new Dropout({ p: dropout });
    this.linear2 = new Linear(dimFeedforward, dModel, layer);
    for (let i = 1; i <= count; i++)
      this.registerModule(`norm${i}`, new LayerNorm(dModel, { eps: layerNormEps, ...layer }));
    for (let i = 1; i <= count; i++)
      this.registerModule(`dropout${i}`, new Dropout({ p: dropout }));
    this.activation = found;
  }

  /** linear2(dropout(activation(linear1(x)))) */
  protected feedforward(x: Tensor): Tensor {
    return this.linear2(this.dropout(this.activation(this.linear1(x))));
  }

  /**
   * Another layer with the same options and values, as `TransformerEncoder` and `TransformerDecoder` want them. No random
   * numbers are drawn.
   *
   * @throws DlError "value" for an activation that is a module with parameters, which the two would share.
   */
  copy(): this {
    const { activation } = this;
    if (isModule(activation) && activation.parameters().length > 0)
      throw new DlError(
        "value",
        `${this.constructor.name}: an activation with parameters cannot be copied: give a function, or make the layers one by one`,
      );
    const { dtype, device } = this.linear1.weight;
    const Layer = this.constructor as new (
      dModel: number,
      nhead: number,
      options: TransformerLayerOptions,
    ) => this;
    const other = undrawn(
      () => new Layer(this.#dModel, this.#nhead, { ...this.#options, activation, dtype, device }),
    );
    other.loadStateDict(this.stateDict());
    const mine = this.parameters();
    other.parameters().forEach((p, i) => {
      p.requiresGrad_(mine[i].requiresGrad);
    });
    return other.train(this.training);
  }
}

/** A layer that can be put several times into a stack. */
export interface Copyable {
  copy(): Module;
}

/** `count` copies of a layer, of which none is the layer itself. */
export function copiesOf<M extends Module>(name: string, layer: M, count: number): M[] {
  if (!Number.isInteger(count) || count < 0)
    throw new DlError("value", `${name}: numLayers is ${count}: a whole number is wanted`);
  const { copy } = layer as unknown as Partial<Copyable>;
  if (!isModule(layer) || typeof copy !== "function")
    throw new DlError(
      "value",
      `${name}: the layer ${isModule(layer) ? layer.constructor.name : String(layer)} has no copy(): a layer of your own needs one, which returns another layer with the same values`,
    );
  return Array.from({ length: count }, () => copy.call(layer) as M);
}

/** What the two kinds of transformer layers share. */
import { DlError, type Tensor } from "@dl/tensor/core";
import { MultiheadAttention } from "../attention.ts";
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

  /** `deepcopy()` */
  copy(): this {
    return this.deepcopy();
  }
}

/** `count` copies of a layer, of which none is the layer itself: by its own `copy()` if it has one, or `deepcopy()`. */
export function copiesOf<M extends Module>(name: string, layer: M, count: number): M[] {
  if (!Number.isInteger(count) || count < 0)
    throw new DlError("value", `${name}: numLayers is ${count}: a whole number is wanted`);
  if (!isModule(layer))
    throw new DlError("value", `${name}: the layer ${String(layer)} is not a module`);
  const { copy } = layer as unknown as { copy?: unknown };
  return Array.from({ length: count }, () =>
    typeof copy === "function" ? (copy.call(layer) as M) : layer.deepcopy(),
  );
}

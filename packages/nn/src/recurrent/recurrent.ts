import {
  cat,
  checkTensor,
  DlError,
  formatShape,
  indexSelect,
  letGo,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  stack,
  Tensor,
  unbind,
  zeros,
} from "@dl/tensor/core";
import { checkCounts, checkInput } from "../check.ts";
import { checkProbability, dropout, linear } from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { emptyParameter, type LayerOptions, type Parameter } from "../parameter.ts";
import { bool, float } from "../python.ts";
import { warnOnce } from "../quiet.ts";
import { PackedSequence } from "../utils/rnn.ts";
import { GATES, type Kind } from "./steps.ts";
import { sweep } from "./sweep.ts";

export interface RecurrentOptions extends LayerOptions {
  /** Layers on top of one another. Default 1. */
  numLayers?: number;
  /** Add learnt biases. Default true. */
  bias?: boolean;
  /** Input and output are `[batch, time, features]`; the states are not. Default false. */
  batchFirst?: boolean;
  /** How likely an element between two layers is dropped in training. Default 0. */
  dropout?: number;
  /** Also run from the last step to the first, and give both results side by side. Default false. */
  bidirectional?: boolean;
}

/** Layers of recurrent cells, run over a sequence: what `RNN`, `LSTM` and `GRU` share. */
export abstract class Recurrent extends Module {
  readonly mode: Kind;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;

  constructor(
    mode: Kind,
    inputSize: number,
    hiddenSize: number,
    {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
      projSize = 0,
      ...options
    }: RecurrentOptions & { projSize?: number } = {},
  ) {
    super();
    const name = new.target.name;
    checkCounts(name, { inputSize, hiddenSize, numLayers, projSize });
    for (const [what, n] of Object.entries({ inputSize, hiddenSize, numLayers }))
      if (n === 0) throw new DlError("value", `${name}: ${what} is 0: at least 1 is wanted`);
    if (projSize >= hiddenSize)
      throw new DlError(
        "value",
        `${name}: projSize ${projSize} has to be smaller than hiddenSize ${hiddenSize}`,
      );
    checkProbability(dropout, name);
    if (dropout > 0 && numLayers === 1)
      warnOnce(
        `dropout ${name}`,
        () =>
          `${name}: dropout is applied between layers, so dropout=${dropout} does nothing with numLayers=1`,
      );
    this.mode = mode;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.projSize = projSize;

    const rows = GATES[mode] * hiddenSize;
    const out = this._outputSize;
    for (let layer = 0; layer < numLayers; layer++) {
      for (const direction of this._directions) {
        const put = (field: string, key: string, shape: Shape) => {
          const suffix = [`L${layer}`, `_l${layer}`];
          if (direction === 1)
            suffix.forEach((s, i) => (suffix[i] = s + ["Reverse", "_reverse"][i]));
          this.registerParameter(field + suffix[0], emptyParameter(shape, options), {
            key: key + suffix[1],
          });
        };
        const width = layer === 0 ? inputSize : out * this._directions.length;
        put("weightIh", "weight_ih", [rows, width]);
        put("weightHh", "weight_hh", [rows, out]);
        if (bias) {
          put("biasIh", "bias_ih", [rows]);
          put("biasHh", "bias_hh", [rows]);
        }
        if (projSize > 0) put("weightHr", "weight_hr", [projSize, hiddenSize]);
      }
    }
    this.resetParameters();
  }

  /** Draws all parameters anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const p of this.parameters()) init.uniform_(p, { a: -bound, b: bound });
  }
  /** The parameters of each layer and direction, in PyTorch's order. */
  get allWeights(): Parameter[][] {
    const all: Parameter[][] = [];
    for (let layer = 0; layer < this.numLayers; layer++)
      for (const direction of this._directions)
        all.push(Object.values(this._weights(layer, direction)).filter((p) => p !== undefined));
    return all;
  }
  /** Does nothing: PyTorch moves the weights together for cuDNN here. */
  flattenParameters(): void {}

  private get _directions(): readonly (0 | 1)[] {
    return this.bidirectional ? [0, 1] : [0];
  }
  private get _outputSize(): number {
    return this.projSize || this.hiddenSize;
  }
  private _weights(layer: number, direction: 0 | 1) {
    const fields = this as unknown as Record<string, Parameter | undefined>;
    const suffix = `L${layer}${direction === 1 ? "Reverse" : ""}`;
    return {
      weightIh: fields[`weightIh${suffix}`]!,
      weightHh: fields[`weightHh${suffix}`]!,
      biasIh: fields[`biasIh${suffix}`],
      biasHh: fields[`biasHh${suffix}`],
      weightHr: fields[`weightHr${suffix}`],
    };
  }

  /** Any of the four: the sequence through all layers, states `[layers · directions, batch, size]`. */
  protected run<X extends Tensor | PackedSequence>(
    input: X,
    given: readonly Tensor[] | undefined,
  ): { output: X; states: Tensor[] } {
    if (input instanceof PackedSequence) {
      const { data, sizes, batchSizes, sortedIndices, unsortedIndices } = input;
      this._checkSequence(data, 2, "packed data has to be [rows, features]");
      const order = (t: Tensor, index: Tensor | null) => (index ? indexSelect(t, 1, index) : t);
      const initial = given?.map((t) => order(t, sortedIndices));
      const { rows, states } = this._layers(data, sizes, this._states(initial, sizes[0], data));
      return {
        output: new PackedSequence(rows, batchSizes, { sortedIndices, unsortedIndices }) as X,
        states: states.map((t) => order(t, unsortedIndices)),
      };
    }
    checkTensor(input, this.constructor.name, 0);
    const x = input as Tensor;
    const isBatched = x.rank !== 2;
    this._checkSequence(
      x,
      isBatched ? 3 : 2,
      `the input has to be ${this.batchFirst ? "[batch, time, features]" : "[time, batch, features]"}, or [time, features] without a batch`,
    );
    const byTime = !isBatched ? x.unsqueeze(1) : this.batchFirst ? x.transpose(0, 1) : x;
    const [time, batch] = byTime.shape;
    if (time === 0)
      throw new ShapeError(
        `${this.constructor.name}: the input ${formatShape(x.shape)} has no time steps: at least one is wanted`,
      );
    if (given && !isBatched)
      for (const t of given)
        if (t.rank !== 2)
          throw new ShapeError(
            `${this.constructor.name}: for an input ${formatShape(x.shape)} without a batch the states have 2 dimensions too, got ${formatShape(t.shape)}`,
          );
    const initial = this._states(isBatched ? given : given?.map((t) => t.unsqueeze(1)), batch, x);
    const flat = byTime.reshape([time * batch, x.shape.at(-1)!]);
    const { rows, states } = this._layers(flat, new Array<number>(time).fill(batch), initial);
    const y = rows.reshape([time, batch, rows.shape[1]]);
    const output = !isBatched ? y.squeeze(1) : this.batchFirst ? y.transpose(0, 1) : y;
    return { output: output as X, states: isBatched ? states : states.map((t) => t.squeeze(1)) };
  }

  private _checkSequence(x: Tensor, rank: number, wanted: string): void {
    const name = this.constructor.name;
    checkInput(name, x, this._weights(0, 0).weightIh.dtype);
    if (x.rank !== rank) throw new ShapeError(`${name}: ${wanted}, got ${formatShape(x.shape)}`);
    if (x.shape.at(-1) !== this.inputSize)
      throw new ShapeError(
        `${name}(inputSize=${this.inputSize}): the last dimension of the input ${formatShape(x.shape)} is ${x.shape.at(-1)}: write new ${name}(${x.shape.at(-1)}, ...)`,
      );
  }

  /** What was given, or zeros, as a list per layer and direction. */
  private _states(given: readonly Tensor[] | undefined, batch: number, like: Tensor): Tensor[][] {
    const count = this.numLayers * this._directions.length;
    const widths = this.mode === "LSTM" ? [this._outputSize, this.hiddenSize] : [this.hiddenSize];
    return widths.map((width, i) => {
      const shape = [count, batch, width];
      if (!given) {
        const zero = zeros([batch, width], { dtype: like.dtype, device: like.device });
        return new Array<Tensor>(count).fill(zero);
      }
      const t = given[i];
      if (!sameShape(t.shape, shape))
        throw new ShapeError(
          `${this.constructor.name}: the initial ${i === 0 ? "hidden" : "cell"} state has to be ${formatShape(shape)} ([layers · directions, batch, size]${this.batchFirst ? ", also with batchFirst" : ""}), got ${formatShape(t.shape)}`,
        );
      return unbind(t, 0);
    });
  }

  private _layers(
    input: Tensor,
    sizes: readonly number[],
    initial: readonly Tensor[][],
  ): { rows: Tensor; states: Tensor[] } {
    const last: Tensor[][] = initial.map(() => []);
    const ends = lastRows(sizes, input);
    let x = input;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const isLast = layer === this.numLayers - 1;
      const { rows, states } = scope(() => {
        const outputs: Tensor[] = [];
        const states: Tensor[][] = initial.map(() => []);
        for (const direction of this._directions) {
          const at = layer * this._directions.length + direction;
          const { weightIh, weightHh, biasIh, biasHh, weightHr } = this._weights(layer, direction);
          const isGru = this.mode === "GRU";
          // In a GRU the state's share of the candidate is multiplied by a gate, bias and all.
          const bias = isGru ? biasIh : biasIh?.add(biasHh!);
          const run = sweep(
            this.mode,
            {
              x: linear(x, weightIh, { bias }),
              h: initial[0][at],
              c: initial[1]?.[at],
              weightHh,
              biasHh: isGru ? (biasHh ?? zeros([weightHh.shape[0]], x)) : undefined,
              weightHr,
            },
            sizes,
            direction === 1,
          );
          outputs.push(run.h);
          [run.h, run.c].forEach((all, i) => {
            if (!all) return;
            states[i].push(direction === 1 ? all.narrow(0, 0, sizes[0]) : ends(all));
          });
        }
        let rows = outputs.length > 1 ? cat(outputs, 1) : outputs[0];
        if (!isLast && this.dropout > 0)
          rows = dropout(rows, { p: this.dropout, training: this.training });
        return { rows, states };
      });
      // After a single step the rows are the last states too.
      if (x !== input && !last[0].includes(x)) letGo(x);
      x = rows;
      states.forEach((list, i) => {
        last[i].push(...list);
      });
    }
    return { rows: x, states: last.map((list) => stack(list)) };
  }

  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`];
    if (this.projSize !== 0) parts.push(`proj_size=${this.projSize}`);
    if (this.numLayers !== 1) parts.push(`num_layers=${this.numLayers}`);
    if (!this.bias) parts.push(`bias=${bool(this.bias)}`);
    if (this.batchFirst) parts.push(`batch_first=${bool(this.batchFirst)}`);
    if (this.dropout !== 0) parts.push(`dropout=${float(this.dropout)}`);
    if (this.bidirectional) parts.push(`bidirectional=${bool(this.bidirectional)}`);
    return parts.join(", ");
  }
}

/** From all rows to those after each sequence's last step, in the order of the batch. */
function lastRows(sizes: readonly number[], like: Tensor): (all: Tensor) => Tensor {
  const batch = sizes[0];
  if (sizes.at(-1) === batch) return (all) => all.narrow(0, all.shape[0] - batch, batch);
  const rows = new Int32Array(batch);
  let start = 0;
  for (const n of sizes) {
    for (let i = 0; i < n; i++) rows[i] = start + i;
    start += n;
  }
  const index = Tensor.from(rows, [batch], like.device);
  return (all) => indexSelect(all, 0, index);
}

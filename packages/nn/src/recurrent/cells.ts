import {
  checkTensor,
  DlError,
  dispatchAll,
  formatShape,
  ShapeError,
  type Tensor,
  zeros,
} from "@dl/tensor/core";
import { checkCounts, checkInput } from "../check.ts";
import { linear } from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { emptyParameter, type LayerOptions, type Parameter } from "../parameter.ts";
import { bool } from "../python.ts";
import { type LSTMState, type State, stateOf } from "./state.ts";
import * as steps from "./steps.ts";

export interface RNNCellOptions extends LayerOptions {
  /** Add learnt biases. Default true. */
  bias?: boolean;
  /** Default `"tanh"`. */
  nonlinearity?: "tanh" | "relu";
}
export type CellOptions = Omit<RNNCellOptions, "nonlinearity">;

abstract class Cell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter | null;
  biasHh: Parameter | null;

  constructor(
    gates: number,
    inputSize: number,
    hiddenSize: number,
    { bias = true, ...options }: CellOptions,
  ) {
    super();
    checkCounts(new.target.name, { inputSize, hiddenSize });
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    const rows = gates * hiddenSize;
    const put = (name: string, key: string, shape: number[]) =>
      this.registerParameter(name, emptyParameter(shape, options), { key });
    this.weightIh = put("weightIh", "weight_ih", [rows, inputSize]);
    this.weightHh = put("weightHh", "weight_hh", [rows, hiddenSize]);
    this.biasIh = bias ? put("biasIh", "bias_ih", [rows]) : null;
    this.biasHh = bias ? put("biasHh", "bias_hh", [rows]) : null;
    this.resetParameters();
  }

  /** Draws all parameters anew. */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const p of this.parameters()) init.uniform_(p, { a: -bound, b: bound });
  }

  /** Calls `step` with the input's share of the gates, the state's, and the states; a batch is put around and taken off. */
  protected step(
    input: Tensor,
    given: readonly Tensor[] | undefined,
    count: number,
    run: (x: Tensor, r: Tensor, states: Tensor[]) => Tensor[],
  ): Tensor[] {
    const name = this.constructor.name;
    checkInput(name, input, this.weightIh.dtype);
    const isBatched = input.rank === 2;
    if (!isBatched && input.rank !== 1)
      throw new ShapeError(
        `${name}: the input has to be [batch, ${this.inputSize}] or [${this.inputSize}], got ${formatShape(input.shape)}`,
      );
    if (input.shape.at(-1) !== this.inputSize)
      throw new ShapeError(
        `${name}(inputSize=${this.inputSize}): the last dimension of the input ${formatShape(input.shape)} is ${input.shape.at(-1)}: write new ${name}(${input.shape.at(-1)}, ...)`,
      );
    const batched = (t: Tensor) => (isBatched ? t : t.unsqueeze(0));
    const x = batched(input);
    const states =
      given?.map((t, i) => this._checked(t, i, x.shape[0], isBatched)).map(batched) ??
      new Array<Tensor>(count).fill(
        zeros([x.shape[0], this.hiddenSize], { dtype: x.dtype, device: x.device }),
      );
    const results = run(
      linear(x, this.weightIh, { bias: this.biasIh }),
      linear(states[0], this.weightHh, { bias: this.biasHh }),
      states,
    );
    return isBatched ? results : results.map((t) => t.squeeze(0));
  }

  private _checked(t: Tensor, i: number, batch: number, isBatched: boolean): Tensor {
    checkTensor(t, this.constructor.name, 1 + i);
    const wanted = [...(isBatched ? [batch] : []), this.hiddenSize];
    if (t.rank === wanted.length && t.shape.every((n, d) => n === wanted[d])) return t;
    throw new ShapeError(
      `${this.constructor.name}: the ${i === 0 ? "hidden" : "cell"} state has to be ${formatShape(wanted)}, got ${formatShape(t.shape)}`,
    );
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? "" : `, bias=${bool(this.bias)}`}`;
  }
}

/**
 * One step of Elman's network.
 *
 *     h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu with `nonlinearity: "relu"`
 *     x [N, in], h [N, hidden] → h' [N, hidden]      both without N for a single sample
 *
 * Called `cell(x)`, `cell(x, h)` or `cell(x, { hx: h })`; the state is zeros by default. Parameters start uniform on
 * ±1/√hidden.
 *
 * @throws ShapeError for an input or a state of another shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 *
 * @example
 * new RNNCell(4, 3)(zeros(2, 4)).shape // => [2, 3]
 */
export class RNNCell extends Cell {
  readonly nonlinearity: "tanh" | "relu";

  constructor(
    inputSize: number,
    hiddenSize: number,
    { nonlinearity = "tanh", ...options }: RNNCellOptions = {},
  ) {
    super(1, inputSize, hiddenSize, options);
    if (nonlinearity !== "tanh" && nonlinearity !== "relu")
      throw new DlError(
        "value",
        `RNNCell: nonlinearity is "tanh" or "relu", got ${JSON.stringify(nonlinearity)}`,
      );
    this.nonlinearity = nonlinearity;
  }

  forward(input: Tensor, hx?: State<Tensor>): Tensor {
    const h = stateOf(hx);
    const op = this.nonlinearity === "tanh" ? steps.rnnTanh : steps.rnnRelu;
    return this.step(input, h && [h], 1, (x, r) => dispatchAll(op, [x, r], undefined))[0];
  }

  override extraRepr(): string {
    return `${super.extraRepr()}${this.nonlinearity === "tanh" ? "" : `, nonlinearity=${this.nonlinearity}`}`;
  }
}

/**
 * One step of long short-term memory.
 *
 *     i, f, o = sigmoid(W x + b + W' h + b')      g = tanh(W x + b + W' h + b')
 *     c' = f · c + i · g      h' = o · tanh(c')
 *     x [N, in], h and c [N, hidden] → [h', c']      all without N for a single sample
 *
 * The rows of the weights are the gates i, f, g, o. Called `cell(x, [h, c])` or `cell(x, { hx: [h, c] })`; the state is
 * zeros by default. Parameters start uniform on ±1/√hidden.
 *
 * @throws ShapeError for an input or a state of another shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 *
 * @example
 * const [h, c] = new LSTMCell(4, 3)(zeros(2, 4));
 * c.shape // => [2, 3]
 */
export class LSTMCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(4, inputSize, hiddenSize, options);
  }

  forward(input: Tensor, hx?: State<LSTMState>): [h: Tensor, c: Tensor] {
    const given = stateOf(hx);
    if (given && (!Array.isArray(given) || given.length !== 2))
      throw new DlError("value", "LSTMCell: the state has to be two tensors: cell(x, [h, c])");
    const [h, c] = this.step(input, given, 2, (x, r, [, cell]) =>
      dispatchAll(steps.lstm, [x, r, cell], undefined),
    );
    return [h, c];
  }
}

/**
 * One step of a gated recurrent unit.
 *
 *     r, z = sigmoid(W x + b + W' h + b')      n = tanh(W x + b + r · (W' h + b'))
 *     h' = (1 − z) · n + z · h
 *     x [N, in], h [N, hidden] → h' [N, hidden]      both without N for a single sample
 *
 * The rows of the weights are the gates r, z, n. Called like {@link RNNCell}. Parameters start uniform on ±1/√hidden.
 *
 * @throws ShapeError for an input or a state of another shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 *
 * @example
 * new GRUCell(4, 3)(zeros(4)).shape // => [3]
 */
export class GRUCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(3, inputSize, hiddenSize, options);
  }

  forward(input: Tensor, hx?: State<Tensor>): Tensor {
    const given = stateOf(hx);
    return this.step(input, given && [given], 1, (x, s, [h]) =>
      dispatchAll(steps.gruStep, [x, s, h], undefined),
    )[0];
  }
}

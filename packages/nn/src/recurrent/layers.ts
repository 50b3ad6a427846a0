import { DlError, type Tensor } from "@dl/tensor/core";
import type { PackedSequence } from "../utils/rnn.ts";
import { Recurrent, type RecurrentOptions } from "./recurrent.ts";
import { type LSTMState, type State, stateOf } from "./state.ts";

export interface RNNOptions extends RecurrentOptions {
  /** Default `"tanh"`. */
  nonlinearity?: "tanh" | "relu";
}
export interface LSTMOptions extends RecurrentOptions {
  /** If positive, the hidden state is projected to so many features, fewer than `hiddenSize`. Default 0. */
  projSize?: number;
}

export interface RNN {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  (input: PackedSequence, hx?: State<Tensor>): [output: PackedSequence, hn: Tensor];
}
/**
 * Elman's network over a sequence.
 *
 *     hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)
 *     x [T, N, in] → [output [T, N, D · hidden], hn [layers · D, N, hidden]]
 *
 * D is 2 with `bidirectional`, else 1. With `batchFirst` input and output are `[N, T, …]` (the states are not); without a
 * batch, x is `[T, in]` and N is left out everywhere. The input may be a {@link PackedSequence}; the output then is one
 * too. The initial state, `rnn(x, h0)` or `rnn(x, { hx: h0 })`, is zeros by default.
 *
 * Parameters are named `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_ih_l0_reverse` and so on in
 * the state dictionary, and start uniform on ±1/√hidden. All input projections of a layer are one product.
 *
 * @throws ShapeError for an input without time steps, of another width or rank, and for a state of another shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
 *
 * @example
 * const [output, hn] = new RNN(4, 3, { numLayers: 2 })(zeros(5, 2, 4));
 * output.shape // => [5, 2, 3]
 * hn.shape // => [2, 2, 3]
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds the packed call
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";

  constructor(
    inputSize: number,
    hiddenSize: number,
    { nonlinearity = "tanh", ...options }: RNNOptions = {},
  ) {
    const mode = ({ tanh: "RNN_TANH", relu: "RNN_RELU" } as const)[nonlinearity];
    if (!mode)
      throw new DlError(
        "value",
        `RNN: nonlinearity is "tanh" or "relu", got ${JSON.stringify(nonlinearity)}`,
      );
    super(mode, inputSize, hiddenSize, withoutProjection("RNN", options));
    this.nonlinearity = nonlinearity;
  }

  forward(input: PackedSequence, hx?: State<Tensor>): [output: PackedSequence, hn: Tensor];
  forward(input: Tensor, hx?: State<Tensor>): [output: Tensor, hn: Tensor];
  forward(input: any, hx?: State<Tensor>): [output: any, hn: Tensor] {
    const h = stateOf(hx);
    const { output, states } = this.run(input, h && [h]);
    return [output, states[0]];
  }
}

export interface LSTM {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  (
    input: PackedSequence,
    hx?: State<LSTMState>,
  ): [output: PackedSequence, [hn: Tensor, cn: Tensor]];
}
/**
 * Long short-term memory over a sequence.
 *
 *     i, f, o = sigmoid(W x + b + W' h + b')      g = tanh(W x + b + W' h + b')
 *     c' = f · c + i · g      h' = o · tanh(c'), times W_hr with projSize
 *     x [T, N, in] → [output [T, N, D · out], [hn [layers · D, N, out], cn [layers · D, N, hidden]]]
 *
 * `out` is `projSize`, or `hidden` without one. The rows of the weights are the gates i, f, g, o. The initial state is
 * `lstm(x, [h0, c0])` or `lstm(x, { hx: [h0, c0] })`. Everything else is as in {@link RNN}; with a projection there are
 * `weight_hr_l0` and so on.
 *
 * @throws ShapeError as RNN does; DlError "value" for a projection that is not smaller than the hidden state.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 *
 * @example
 * const [output, [hn, cn]] = new LSTM(4, 3, { bidirectional: true, batchFirst: true })(zeros(2, 5, 4));
 * output.shape // => [2, 5, 6]
 * cn.shape // => [2, 2, 3]
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds the packed call
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super("LSTM", inputSize, hiddenSize, options);
  }

  forward(
    input: PackedSequence,
    hx?: State<LSTMState>,
  ): [output: PackedSequence, [hn: Tensor, cn: Tensor]];
  forward(input: Tensor, hx?: State<LSTMState>): [output: Tensor, [hn: Tensor, cn: Tensor]];
  forward(input: any, hx?: State<LSTMState>): [output: any, [hn: Tensor, cn: Tensor]] {
    const given = stateOf(hx);
    if (given && (!Array.isArray(given) || given.length !== 2))
      throw new DlError(
        "value",
        "LSTM: the initial state has to be two tensors: lstm(x, [h0, c0])",
      );
    const { output, states } = this.run(input, given);
    return [output, [states[0], states[1]]];
  }
}

export interface GRU {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  (input: PackedSequence, hx?: State<Tensor>): [output: PackedSequence, hn: Tensor];
}
/**
 * Gated recurrent units over a sequence.
 *
 *     r, z = sigmoid(W x + b + W' h + b')      n = tanh(W x + b + r · (W' h + b'))
 *     h' = (1 − z) · n + z · h
 *     x [T, N, in] → [output [T, N, D · hidden], hn [layers · D, N, hidden]]
 *
 * The rows of the weights are the gates r, z, n. Everything else is as in {@link RNN}.
 *
 * @throws ShapeError as RNN does.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
 *
 * @example
 * const [output, hn] = new GRU(4, 3)(zeros(5, 4));
 * output.shape // => [5, 3]
 * hn.shape // => [1, 3]
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds the packed call
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("GRU", inputSize, hiddenSize, withoutProjection("GRU", options));
  }

  forward(input: PackedSequence, hx?: State<Tensor>): [output: PackedSequence, hn: Tensor];
  forward(input: Tensor, hx?: State<Tensor>): [output: Tensor, hn: Tensor];
  forward(input: any, hx?: State<Tensor>): [output: any, hn: Tensor] {
    const h = stateOf(hx);
    const { output, states } = this.run(input, h && [h]);
    return [output, states[0]];
  }
}

function withoutProjection<O extends object>(name: string, options: O): O {
  if ("projSize" in options)
    throw new DlError("value", `${name}: projSize is an option of LSTM only`);
  return options;
}

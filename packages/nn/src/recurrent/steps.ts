/**
 * One step of each recurrent network as expressions. `x` is what the input contributes to the gates (weights and biases
 * applied, for all time steps at once), `r` what the hidden state contributes.
 *
 * The `train` maps also write what the way back wants to see (the gates after their activations), so that it computes
 * no exponential twice; the `back` maps go from there, from the gradients of the step's results and from those that the
 * following step passes back, to the gradients of the sums before the activations and of the state.
 */
import { expr as E, type Expr } from "@dl/tensor/core";
import { defineGated } from "./gated.ts";

export type Kind = "RNN_TANH" | "RNN_RELU" | "LSTM" | "GRU";

/** How many times the hidden size the input's weights have rows. */
export const GATES: Readonly<Record<Kind, number>> = {
  RNN_TANH: 1,
  RNN_RELU: 1,
  LSTM: 4,
  GRU: 3,
};

// ---- h' = tanh(x + r), or the positive part ----------------------------------------------------------------------------

const positive = (x: Expr): Expr => E.select(E.le(x, 0), 0, x);
const rnnGates = { operands: [1, 1], results: [1] };
export const rnnTanh = defineGated("RNN", rnnGates, ([x], [r]) => [[E.tanh(E.add(x, r))]]);
export const rnnRelu = defineGated("RNN", rnnGates, ([x], [r]) => [[positive(E.add(x, r))]]);

/** From h', its gradient, and what the next step passes back. */
const backGates = { operands: [1, 1, 1], results: [1] };
export const rnnTanhBack = defineGated("RNN (gradient)", backGates, ([h], [g], [carry]) => [
  [E.mul(E.add(g, carry), E.sub(1, E.mul(h, h)))],
]);
export const rnnReluBack = defineGated("RNN (gradient)", backGates, ([h], [g], [carry]) => [
  [E.select(E.le(h, 0), 0, E.add(g, carry))],
]);

// ---- LSTM: gates i, f, g, o; c' = f · c + i · g; h' = o · tanh(c') -----------------------------------------------------

const lstmGates = (x: Expr[], r: Expr[]): Expr[] => {
  const [i, f, g, o] = x.map((gate, k) => E.add(gate, r[k]));
  return [E.sigmoid(i), E.sigmoid(f), E.tanh(g), E.sigmoid(o)];
};
const lstmState = ([i, f, g, o]: Expr[], c: Expr): [h: Expr, c: Expr] => {
  const next = E.add(E.mul(f, c), E.mul(i, g));
  return [E.mul(o, E.tanh(next)), next];
};
/** x, r, c → h', c' */
export const lstm = defineGated("LSTM", { operands: [4, 4, 1], results: [1, 1] }, (x, r, [c]) =>
  lstmState(lstmGates(x, r), c).map((e) => [e]),
);
/** x, r, c → h', c', gates */
export const lstmTrain = defineGated(
  "LSTM",
  { operands: [4, 4, 1], results: [1, 1, 4] },
  (x, r, [c]) => {
    const gates = lstmGates(x, r);
    return [...lstmState(gates, c).map((e) => [e]), gates];
  },
);
/**
 * gates, c, gradient of h', the same from the next step, gradient of c', from the next step, gradient of the gates →
 * gradients of the sums, and of c
 */
export const lstmBack = defineGated(
  "LSTM (gradient)",
  { operands: [4, 1, 1, 1, 1, 1, 4], results: [4, 1] },
  (gates, [c], [gh], [carryH], [gc], [carryC], gGates) => {
    const [i, f, g, o] = gates;
    const t = E.tanh(lstmState(gates, c)[1]);
    const dh = E.add(gh, carryH);
    const dc = E.add(E.add(gc, carryC), E.mul(E.mul(dh, o), E.sub(1, E.mul(t, t))));
    const [di, df, dg, dO] = [E.mul(dc, g), E.mul(dc, c), E.mul(dc, i), E.mul(dh, t)].map((e, k) =>
      E.add(e, gGates[k]),
    );
    return [
      [throughSigmoid(di, i), throughSigmoid(df, f), throughTanh(dg, g), throughSigmoid(dO, o)],
      [E.mul(dc, f)],
    ];
  },
);

// ---- GRU: gates r, z; n = tanh(xₙ + r · rₙ); h' = (1 − z) · n + z · h --------------------------------------------------

const gruGates = (x: Expr[], s: Expr[], bias?: Expr[]): Expr[] => {
  const [fromR, fromZ, fromN] = s.map((e, k) => (bias ? E.add(e, bias[k]) : e));
  const r = E.sigmoid(E.add(x[0], fromR));
  const z = E.sigmoid(E.add(x[1], fromZ));
  return [r, z, E.tanh(E.add(x[2], E.mul(r, fromN))), fromN];
};
const gruState = ([, z, n]: Expr[], h: Expr): Expr => E.add(n, E.mul(z, E.sub(h, n)));
/** x, state's share with its bias, h → h' */
export const gruStep = defineGated(
  "GRUCell",
  { operands: [3, 3, 1], results: [1] },
  (x, s, [h]) => [[gruState(gruGates(x, s), h)]],
);
/** x, state's share, its bias, h → h' */
export const gru = defineGated(
  "GRU",
  { operands: [3, 3, 3, 1], results: [1] },
  (x, s, bias, [h]) => [[gruState(gruGates(x, s, bias), h)]],
);
/** x, state's share, its bias, h → h', and r, z, n, the state's share of n */
export const gruTrain = defineGated(
  "GRU",
  { operands: [3, 3, 3, 1], results: [1, 4] },
  (x, s, bias, [h]) => {
    const gates = gruGates(x, s, bias);
    return [[gruState(gates, h)], gates];
  },
);
/** gates, h, gradient of h', the same from the next step, gradient of the gates → of x, of the state's share, of h directly */
export const gruBack = defineGated(
  "GRU (gradient)",
  { operands: [4, 1, 1, 1, 4], results: [3, 3, 1] },
  ([r, z, n, s], [h], [g], [carry], [gr, gz, gn, gs]) => {
    const dh = E.add(g, carry);
    const dn = throughTanh(E.add(E.mul(dh, E.sub(1, z)), gn), n);
    const dr = throughSigmoid(E.add(E.mul(dn, s), gr), r);
    const dz = throughSigmoid(E.add(E.mul(dh, E.sub(h, n)), gz), z);
    return [[dr, dz, dn], [dr, dz, E.add(E.mul(dn, r), gs)], [E.mul(dh, z)]];
  },
);

function throughSigmoid(g: Expr, y: Expr): Expr {
  return E.mul(g, E.mul(y, E.sub(1, y)));
}
function throughTanh(g: Expr, y: Expr): Expr {
  return E.mul(g, E.sub(1, E.mul(y, y)));
}

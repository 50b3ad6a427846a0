/**
 * One direction of one layer over all time steps, as one op: per step a product with the hidden state and one map, which
 * writes its rows of the results where they belong. On the way back again a product and a map per step; the gradient of
 * the weights is one product at the end.
 *
 * Rows are packed: those of step 0, of step 1 and so on, and step t has `sizes[t]` of them, never more than the step
 * before (shorter sequences end earlier). A batch of equal lengths is the special case of equal sizes.
 */
import {
  allocate,
  cat,
  defineComposite,
  dispatchAll,
  letGo,
  pad,
  scope,
  state,
  Tensor,
  type TensorView,
  zeros,
} from "@dl/tensor/core";
import type { GatedOp } from "./gated.ts";
import * as steps from "./steps.ts";

interface SweepAttrs {
  readonly kind: steps.Kind;
  readonly sizes: readonly number[];
  /** Row at which each step starts. */
  readonly starts: readonly number[];
  readonly reverse: boolean;
  /** Keep what the way back wants to see. */
  readonly record: boolean;
}

export interface SweepInputs {
  /** `[rows, gates · hidden]`: the input's share of the gates, biases added (a GRU's `biasHh` is not). */
  readonly x: Tensor;
  /** `[batch, hidden]`, or `[batch, projected]`. */
  readonly h: Tensor;
  /** `[gates · hidden, hidden or projected]` */
  readonly weightHh: Tensor;
  /** LSTM: `[batch, hidden]`. */
  readonly c?: Tensor;
  /** GRU: `[3 · hidden]`. */
  readonly biasHh?: Tensor;
  /** LSTM with projection: `[projected, hidden]`. */
  readonly weightHr?: Tensor;
}

/** The hidden states `[rows, hidden or projected]` after every step, and an LSTM's cell states `[rows, hidden]`. */
export function sweep(
  kind: steps.Kind,
  { x, h, weightHh, c, biasHh, weightHr }: SweepInputs,
  sizes: readonly number[],
  reverse: boolean,
): { h: Tensor; c?: Tensor } {
  const extra =
    kind === "LSTM" ? (weightHr ? [c!, weightHr] : [c!]) : kind === "GRU" ? [biasHh!] : [];
  const inputs = [x, h, weightHh, ...extra];
  const record = inputs.some((t) => t.requiresGrad) && (state.autograd?.isGradEnabled() ?? false);
  const starts: number[] = [];
  let rows = 0;
  for (const n of sizes) {
    starts.push(rows);
    rows += n;
  }
  const attrs: SweepAttrs = { kind, sizes, starts, reverse, record };
  const [hidden, ...rest] = dispatchAll(sweepOp, inputs, attrs);
  const cells = kind === "LSTM" ? rest.shift() : undefined;
  for (const t of rest) t.dispose();
  return { h: hidden, c: cells };
}

/** Steps in the order in which they run. */
const order = ({ sizes, reverse }: SweepAttrs): number[] => {
  const all = sizes.map((_, t) => t);
  return reverse ? all.reverse() : all;
};

/** What step t starts from: the states after the step that ran before it, and initial ones for rows that begin here. */
function before(
  t: number,
  { sizes, starts, reverse }: SweepAttrs,
  all: Tensor,
  initial: Tensor,
): Tensor {
  const n = sizes[t];
  const previous = reverse ? t + 1 : t - 1;
  if (previous < 0 || previous >= sizes.length) return initial.narrow(0, 0, n);
  const there = Math.min(n, sizes[previous]);
  const running = all.narrow(0, starts[previous], there);
  return there === n ? running : cat([running, initial.narrow(0, there, n - there)]);
}

/** The same of all steps, one after another. */
function beforeAll(attrs: SweepAttrs, all: Tensor, initial: Tensor): Tensor {
  const { sizes, reverse } = attrs;
  const rest = all.shape[0] - sizes[0];
  if (sizes.at(-1) !== sizes[0]) return cat(sizes.map((_, t) => before(t, attrs, all, initial)));
  return reverse
    ? cat([all.narrow(0, sizes[0], rest), initial])
    : cat([initial, all.narrow(0, 0, rest)]);
}

const rowsOf = (v: TensorView, start: number, n: number): TensorView =>
  v.with([n, v.shape[1]], v.strides, v.offset + start * v.strides[0]);

/** Inputs x, h, weightHh, and c, weightHr or biasHh; results h of all steps, then c, and with `record` the gates and what is projected. */
const sweepOp = defineComposite<SweepAttrs>("recurrent", {
  decompose(inputs, attrs) {
    const { kind, sizes, starts, record } = attrs;
    const [x, initial, weight] = inputs;
    const size = weight.shape[0] / steps.GATES[kind];
    const make = (width: number) => new Tensor(allocate(x.device, x.dtype, [x.shape[0], width]));
    const hidden = make(initial.shape[1]);
    const isLstm = kind === "LSTM";
    const projection = isLstm ? inputs[4]?.t() : undefined;
    const cells = isLstm ? [make(size)] : [];
    const gates = record && (isLstm || kind === "GRU") ? [make(4 * size)] : [];
    const unprojected = projection ? [make(size)] : [];
    const step = forwardOf(kind, record);
    const transposed = weight.t();

    for (const t of order(attrs)) {
      scope(() => {
        const n = sizes[t];
        const h = before(t, attrs, hidden, initial);
        const operands = [x.narrow(0, starts[t], n), h.matmul(transposed)];
        if (isLstm) operands.push(before(t, attrs, cells[0], inputs[3]));
        if (kind === "GRU") operands.push(inputs[3].expand([n, 3 * size]), h);
        step.into(
          operands.map((o) => o.memory),
          [...(projection ? unprojected : [hidden]), ...cells, ...gates].map((r) =>
            rowsOf(r.memory, starts[t], n),
          ),
        );
        if (projection)
          hidden
            .narrow(0, starts[t], n)
            .copy_(unprojected[0].narrow(0, starts[t], n).matmul(projection));
      });
    }
    return [hidden, ...cells, ...gates, ...(record ? unprojected : [])];
  },
  saves: (needs, { kind }) => ({
    inputs: kind === "LSTM" ? [1, 2, 3, ...(needs.length > 4 ? [4] : [])] : [1, 2],
    outputs:
      kind === "LSTM" ? [0, 1, 2, ...(needs.length > 4 ? [3] : [])] : kind === "GRU" ? [0, 1] : [0],
  }),
  gradient(grads, context) {
    const { attrs, needs, input, output } = context;
    const { kind, sizes, starts, reverse } = attrs;
    const isLstm = kind === "LSTM";
    const [initial, weight, hidden] = [input(1), input(2), output(0)];
    const projection = isLstm && needs.length > 4 ? input(4) : undefined;
    const [initialCell, cells] = isLstm ? [input(3), output(1)] : [];
    const gates = isLstm ? output(2) : kind === "GRU" ? output(1) : undefined;
    const gGates = (isLstm ? grads[2] : kind === "GRU" ? grads[1] : null) ?? null;
    const gUnprojected = projection ? grads[3] : null;
    const size = weight.shape[0] / steps.GATES[kind];
    const zero = zeros([1, 1], { dtype: hidden.dtype, device: hidden.device });
    const nothing = (n: number, width: number) => zero.expand([n, width]);
    const rows = (all: Tensor | null, t: number, width: number) =>
      all ? all.narrow(0, starts[t], sizes[t]) : nothing(sizes[t], width);

    const back = backOf(kind);
    const widths = {
      LSTM: [4 * size],
      GRU: [3 * size, 3 * size],
      RNN_TANH: [size],
      RNN_RELU: [size],
    };
    const sums = new Rows(attrs, hidden, widths[kind]);
    const projected = projection ? new Rows(attrs, hidden, [projection.shape[0]]) : undefined;
    // What the step that ran later passes back, by row; rows of sequences that begin there are done.
    let carryH: Tensor | undefined;
    let carryC: Tensor | undefined;
    const done: Tensor[][] = [[], []];
    const fitted = (
      carry: Tensor | undefined,
      width: number,
      n: number,
      ended: Tensor[],
    ): Tensor => {
      if (!carry) return nothing(n, width);
      const has = carry.shape[0];
      if (has === n) return carry;
      if (has < n) return pad(carry, [0, 0, 0, n - has]);
      ended.unshift(carry.narrow(0, n, has - n));
      return carry.narrow(0, 0, n);
    };

    for (const t of order(attrs).reverse()) {
      const ended: Tensor[][] = [[], []];
      const next = scope(() => {
        const made: Tensor[] = [];
        const n = sizes[t];
        let g = rows(grads[0], t, hidden.shape[1]);
        let carry = fitted(carryH, hidden.shape[1], n, ended[0]);
        if (projection) {
          const total = g.add(carry);
          projected!.put(t, [total]);
          made.push(total);
          g = total.matmul(projection);
          carry = rows(gUnprojected, t, size);
        }
        const operands = isLstm
          ? [
              rows(gates!, t, 4 * size),
              before(t, attrs, cells!, initialCell!),
              g,
              carry,
              rows(grads[1], t, size),
              fitted(carryC, size, n, ended[1]),
              rows(gGates, t, 4 * size),
            ]
          : kind === "GRU"
            ? [
                rows(gates!, t, 4 * size),
                before(t, attrs, hidden, initial),
                g,
                carry,
                rows(gGates, t, 4 * size),
              ]
            : [rows(hidden, t, size), g, carry];
        const [results, state] = sums.run(back, t, operands);
        const passed = results.at(-1)!.matmul(weight);
        return {
          h: kind === "GRU" ? passed.add(state!) : passed,
          c: isLstm ? state : undefined,
          ended,
          made: [...made, ...results],
        };
      });
      if (carryH) letGo(carryH);
      if (carryC) letGo(carryC);
      for (const k of [0, 1]) done[k].unshift(...next.ended[k]);
      carryH = next.h;
      carryC = next.c;
    }
    const whole = (carry: Tensor, ended: Tensor[]) => (reverse ? cat([carry, ...ended]) : carry);
    const [toX, toHidden = toX] = sums.all();
    const toWeight = () => toHidden.t().matmul(beforeAll(attrs, hidden, initial));
    const results: (Tensor | null)[] = [
      toX,
      needs[1] ? whole(carryH!, done[0]) : null,
      needs[2] ? toWeight() : null,
    ];
    if (isLstm) results.push(needs[3] ? whole(carryC!, done[1]) : null);
    if (kind === "GRU") results.push(needs[3] ? toHidden.sum(0) : null);
    if (projection) results.push(needs[4] ? projected!.all()[0].t().matmul(output(3)) : null);
    return results;
  },
});

const forwardOf = (kind: steps.Kind, record: boolean): GatedOp =>
  ({
    RNN_TANH: steps.rnnTanh,
    RNN_RELU: steps.rnnRelu,
    LSTM: record ? steps.lstmTrain : steps.lstm,
    GRU: record ? steps.gruTrain : steps.gru,
  })[kind];
const backOf = (kind: steps.Kind): GatedOp =>
  ({
    RNN_TANH: steps.rnnTanhBack,
    RNN_RELU: steps.rnnReluBack,
    LSTM: steps.lstmBack,
    GRU: steps.gruBack,
  })[kind];

/**
 * Results of all steps, row under row. They are written where they belong; while gradients of gradients are recorded,
 * which cannot follow that, they are joined in the end.
 */
class Rows {
  readonly #attrs: SweepAttrs;
  readonly #isRecorded: boolean;
  readonly #targets: Tensor[];
  readonly #parts: Tensor[][];

  constructor(attrs: SweepAttrs, like: Tensor, widths: readonly number[]) {
    this.#attrs = attrs;
    this.#isRecorded = state.autograd?.isGradEnabled() ?? false;
    const make = (width: number) =>
      new Tensor(allocate(like.device, like.dtype, [like.shape[0], width]));
    this.#targets = this.#isRecorded ? [] : widths.map(make);
    this.#parts = widths.map(() => []);
  }
  /** Runs a map whose first results are rows of step t; also gives the result after them. */
  run(op: GatedOp, t: number, operands: readonly Tensor[]): [rows: Tensor[], rest?: Tensor] {
    const count = this.#parts.length;
    if (this.#isRecorded) {
      const results = dispatchAll(op, operands, undefined);
      this.put(t, results.slice(0, count));
      return [results.slice(0, count), results[count]];
    }
    const { sizes, starts } = this.#attrs;
    const rows = this.#targets.map((all) => all.narrow(0, starts[t], sizes[t]));
    const like = operands[0];
    const size = rows[0].shape[1] / op.gates.results[0];
    const rest = op.gates.results
      .slice(count)
      .map(() => new Tensor(allocate(like.device, like.dtype, [sizes[t], size])));
    op.into(
      operands.map((o) => o.memory),
      [...rows, ...rest].map((r) => r.memory),
    );
    return [rows, rest[0]];
  }
  put(t: number, values: readonly Tensor[]): void {
    values.forEach((v, i) => {
      if (this.#isRecorded) this.#parts[i][t] = v;
      else this.#targets[i].narrow(0, this.#attrs.starts[t], this.#attrs.sizes[t]).copy_(v);
    });
  }
  all(): Tensor[] {
    return this.#isRecorded ? this.#parts.map((parts) => cat(parts)) : this.#targets;
  }
}

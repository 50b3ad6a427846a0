import { grad, gradcheck, noGrad } from "@dl/autograd";
import { isTensor, manualSeed, rand, scope, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import type { Module } from "../module.ts";
import { buffers, close, messageOf } from "../testing.ts";
import { PackedSequence, packPaddedSequence, packSequence, unpackSequence } from "../utils/rnn.ts";
import { GRUCell, LSTMCell, RNNCell } from "./cells.ts";
import { GRU, LSTM, RNN } from "./layers.ts";

beforeEach(() => {
  manualSeed(0);
});

const double = (...shape: number[]): Tensor =>
  rand(shape, { dtype: "float64" }).sub(0.5).mul(2).detach().requiresGrad_();

const flat = (x: unknown): Tensor[] =>
  isTensor(x)
    ? [x]
    : x instanceof PackedSequence
      ? [x.data]
      : Array.isArray(x)
        ? x.flatMap(flat)
        : [];

/** First and second derivatives with respect to inputs and parameters, by differences in float64. */
function check(module: Module, run: (...inputs: any[]) => unknown, inputs: Tensor[]): void {
  const fields = Object.entries(module).filter(([, t]) => isTensor(t)) as [string, Tensor][];
  const all = [...inputs, ...fields.map(([, t]) => t)];
  const value = (...values: Tensor[]) => {
    fields.forEach(([name], i) => {
      (module as unknown as Record<string, Tensor>)[name] = values[inputs.length + i];
    });
    // Squared, so that the second derivatives are not those of a weighted sum.
    return flat(run(...values.slice(0, inputs.length)))
      .map((t, i) =>
        t
          .square()
          .mul(1 + i / 3)
          .add(t)
          .sum(),
      )
      .reduce((a, b) => a.add(b));
  };
  gradcheck(value, all);
  gradcheck((...values) => weightedSum(grad(value(...values), values, { createGraph: true })), all);
}
/** Σ weight · t with weights that differ everywhere. */
const weightedSum = (all: readonly Tensor[]): Tensor =>
  all
    .map((t, k) => {
      const weights = Float64Array.from(
        { length: t.numel },
        (_, i) => 0.5 + (((i + k) * 7) % 11) / 8,
      );
      return t.mul(tensor(weights, { shape: t.shape })).sum();
    })
    .reduce((a, b) => a.add(b));

describe("gradients and their gradients agree with differences", () => {
  const options = { dtype: "float64" } as const;
  test.each([{}, { bias: false }])("of the cells, %o", (more) => {
    const [x, h, c] = [double(2, 3), double(2, 2), double(2, 2)];
    const rnn = new RNNCell(3, 2, { ...options, ...more });
    check(rnn, (x, h) => rnn(x, h), [x, h]);
    const relu = new RNNCell(3, 2, { ...options, ...more, nonlinearity: "relu" });
    check(relu, (x, h) => relu(x, h), [x, h]);
    const gru = new GRUCell(3, 2, { ...options, ...more });
    check(gru, (x, h) => gru(x, h), [x, h]);
    const lstm = new LSTMCell(3, 2, { ...options, ...more });
    check(lstm, (x, h, c) => lstm(x, [h, c]), [x, h, c]);
  });
  test.each([{}, { bidirectional: true }, { numLayers: 2, bias: false }])(
    "of the layers, %o",
    (more) => {
      const count = "bidirectional" in more || "numLayers" in more ? 2 : 1;
      const [x, h, c] = [double(3, 2, 2), double(count, 2, 2), double(count, 2, 2)];
      const rnn = new RNN(2, 2, { ...options, ...more });
      check(rnn, (x, h) => rnn(x, h), [x, h]);
      const gru = new GRU(2, 2, { ...options, ...more });
      check(gru, (x, h) => gru(x, h), [x, h]);
      const lstm = new LSTM(2, 2, { ...options, ...more });
      check(lstm, (x, h, c) => lstm(x, [h, c]), [x, h, c]);
    },
  );
  test("of a projected LSTM and of packed sequences", () => {
    const [x, h, c] = [double(3, 3, 2), double(2, 3, 1), double(2, 3, 2)];
    const lstm = new LSTM(2, 2, { ...options, bidirectional: true, projSize: 1 });
    check(lstm, (x, h, c) => lstm(x, [h, c]), [x, h, c]);
    const pack = (x: Tensor) => packPaddedSequence(x, [2, 3, 1], { enforceSorted: false });
    check(lstm, (x, h, c) => lstm(pack(x), [h, c]), [x, h, c]);
    const gru = new GRU(2, 2, { ...options, bidirectional: true });
    check(gru, (x, h) => gru(pack(x), h), [x, double(2, 3, 2)]);
  });
});

/** Any of the three; the overloads of a union of classes cannot be called. */
type Any = ((x: unknown) => [any, any]) & { zeroGrad(): void };

describe("recurrent layers", () => {
  test("give for a packed batch what they give for each sequence by itself", () => {
    for (const rnn of [
      new LSTM(3, 4, { bidirectional: true, numLayers: 2 }),
      new GRU(3, 4, { bidirectional: true, numLayers: 2 }),
      new RNN(3, 4),
    ] as unknown as Any[]) {
      const sequences = [rand(2, 3), rand(5, 3), rand(1, 3), rand(4, 3)];
      const [packed] = rnn(packSequence(sequences, { enforceSorted: false }));
      unpackSequence(packed).forEach((y, i) => {
        close(y, rnn(sequences[i])[0].tolistSync() as number[]);
      });
    }
  });
  test("give what their cells give, step by step", () => {
    const lstm = new LSTM(3, 4);
    const cell = new LSTMCell(3, 4);
    const { weightIhL0, weightHhL0, biasIhL0, biasHhL0 } = lstm as unknown as Record<
      string,
      Tensor
    >;
    cell.loadStateDict({
      weight_ih: weightIhL0,
      weight_hh: weightHhL0,
      bias_ih: biasIhL0,
      bias_hh: biasHhL0,
    });
    const x = rand(5, 2, 3);
    let state: [Tensor, Tensor] = [zeros(2, 4), zeros(2, 4)];
    const [output, [hn, cn]] = lstm(x);
    x.unbind(0).forEach((step, t) => {
      state = cell(step, state);
      close(output.select(0, t), state[0].tolistSync() as number[]);
    });
    close(hn.select(0, 0), state[0].tolistSync() as number[]);
    close(cn.select(0, 0), state[1].tolistSync() as number[]);
  });
  test("take the state as an argument or as an option", () => {
    const gru = new GRU(2, 3);
    const [x, h] = [rand(4, 2), rand(1, 3)];
    close(gru(x, { hx: h })[0], gru(x, h)[0].tolistSync() as number[]);
    close(gru(x, null)[0], gru(x)[0].tolistSync() as number[]);
  });
  test("drop out between layers in training only", () => {
    const rnn = new RNN(2, 50, { numLayers: 2, dropout: 0.5 });
    const x = rand(3, 2);
    const first = rnn(x)[0].dataSync();
    expect(rnn(x)[0].dataSync()).not.toEqual(first);
    rnn.eval();
    expect(rnn(x)[0].dataSync()).toEqual(rnn(x)[0].dataSync());
  });
  test("keep nothing but their results", () => {
    for (const rnn of [
      new LSTM(3, 4, { numLayers: 2, bidirectional: true }),
      new GRU(3, 4),
    ] as unknown as Any[]) {
      const x = rand(6, 2, 3);
      const step = (): void =>
        scope(() => {
          const [y] = rnn(x);
          y.sum().backward();
          rnn.zeroGrad();
          noGrad(() => rnn(x));
        });
      step();
      const before = buffers();
      step();
      expect(buffers()).toBe(before);
      const kept = noGrad(() => rnn(x));
      // The output, and the last states.
      expect(buffers() - before).toBe(flat(kept).length);
      for (const t of flat(kept)) t.dispose();
    }
  });
  test("say what does not fit", () => {
    const lstm = new LSTM(3, 4);
    expect(messageOf(() => lstm(zeros(5, 2, 7)))).toContain("new LSTM(7, ...)");
    expect(messageOf(() => lstm(zeros(3)))).toContain("[time, batch, features]");
    expect(messageOf(() => lstm(zeros(0, 2, 3)))).toContain("no time steps");
    expect(messageOf(() => lstm(zeros(5, 2, 3), [zeros(1, 3, 4), zeros(1, 2, 4)]))).toContain(
      "hidden state has to be [1, 2, 4]",
    );
    expect(messageOf(() => lstm(zeros(5, 2, 3), [zeros(1, 2, 4), zeros(2, 4)]))).toContain(
      "cell state has to be [1, 2, 4]",
    );
    expect(messageOf(() => lstm(zeros(5, 2, 3), zeros(1, 2, 4) as never))).toContain("[h0, c0]");
    expect(messageOf(() => new LSTM(3, 4, { projSize: 4 }))).toContain("smaller than hiddenSize");
    expect(messageOf(() => new GRU(3, 4, { projSize: 2 } as never))).toContain("of LSTM only");
    expect(messageOf(() => new LSTM(0, 4))).toContain("inputSize is 0");
    expect(messageOf(() => new RNN(3, 4, { nonlinearity: "elu" as never }))).toContain('"relu"');
    expect(messageOf(() => new GRUCell(3, 4)(zeros(2, 5)))).toContain("new GRUCell(5, ...)");
    expect(messageOf(() => new GRUCell(3, 4)(zeros(2, 3), zeros(3, 4)))).toContain("[2, 4]");
    expect(messageOf(() => packPaddedSequence(zeros(3, 2), [1, 2]))).toContain("enforceSorted");
    expect(messageOf(() => packPaddedSequence(zeros(3, 2), [4, 1]))).toContain("from 1 to 3");
    expect(messageOf(() => packPaddedSequence(zeros(2, 3), [2, 1]))).toContain("batchFirst");
  });
});

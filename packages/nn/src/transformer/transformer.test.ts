import { grad, gradcheck, noGrad } from "@dl/autograd";
import { isTensor, manualSeed, rand, scope, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { GELU } from "../activation.ts";
import { MultiheadAttention } from "../attention.ts";
import { scaledDotProductAttention } from "../functional.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { PReLU } from "../rectifier.ts";
import { buffers, close, messageOf } from "../testing.ts";
import { TransformerDecoder } from "./decoder.ts";
import { TransformerEncoder, TransformerEncoderLayer } from "./encoder.ts";
import { Transformer } from "./transformer.ts";

beforeEach(() => {
  manualSeed(0);
});

const double = (...shape: number[]): Tensor =>
  rand(shape, { dtype: "float64" }).sub(0.5).mul(2).detach().requiresGrad_();

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

/** First and second derivatives by differences in float64. */
function check(fn: (...x: Tensor[]) => Tensor, inputs: Tensor[]): void {
  const value = (...x: Tensor[]) => {
    const y = fn(...x);
    return y.square().add(y).sum();
  };
  gradcheck(value, inputs);
  gradcheck((...x) => weightedSum(grad(value(...x), x, { createGraph: true })), inputs);
}

describe("gradients and their gradients agree with differences", () => {
  test("of scaledDotProductAttention", () => {
    const qkv = [double(2, 3, 2), double(2, 4, 2), double(2, 4, 2)];
    const attend = scaledDotProductAttention;
    check((q, k, v) => attend(q, k, v), qkv);
    check((q, k, v) => attend(q, k, v, { isCausal: true, scale: 0.7 }), qkv);
    check((q, k, v, attnMask) => attend(q, k, v, { attnMask }), [...qkv, double(3, 4)]);
    const attnMask = tensor([
      [true, false, true, true],
      [false, false, false, false],
      [true, true, true, false],
    ]);
    check((q, k, v) => attend(q, k, v, { attnMask }), qkv);
  });
  test("of MultiheadAttention, with its parameters", () => {
    for (const kdim of [4, 3]) {
      const attention = new MultiheadAttention(4, 2, { addBiasKv: true, kdim, dtype: "float64" });
      const fields = Object.entries(attention).filter(([, t]) => isTensor(t)) as [string, Tensor][];
      const inputs = [double(3, 4), double(2, kdim), double(2, 4)];
      for (const needWeights of [true, false]) {
        check(
          (q, k, v, ...values) => {
            fields.forEach(([name], i) => {
              (attention as unknown as Record<string, Tensor>)[name] = values[i];
            });
            return attention(q, k, v, { needWeights })[0];
          },
          [...inputs, ...fields.map(([, t]) => t)],
        );
      }
    }
  });
});

describe("attention", () => {
  test("gives zeros for a query that may see nothing, and NaN with needWeights, as PyTorch", () => {
    const x = rand(2, 3, 4);
    const keyPaddingMask = tensor([
      [true, true, true],
      [false, true, false],
    ]);
    const attention = new MultiheadAttention(4, 2, { batchFirst: true, bias: false });
    const [zero] = attention(x, x, x, { keyPaddingMask, needWeights: false });
    close(zero.select(0, 0), zeros(3, 4).tolistSync() as number[]);
    const [nan] = attention(x, x, x, { keyPaddingMask });
    expect([...nan.select(0, 0).dataSync()].every(Number.isNaN)).toBe(true);
  });
  test("drops weights in training only", () => {
    const attention = new MultiheadAttention(4, 2, { dropout: 0.5 });
    const x = rand(6, 2, 4);
    const weights = () => attention(x, x, x, { averageAttnWeights: false })[1]!.dataSync();
    expect(weights()).toContain(0);
    attention.eval();
    expect(weights()).not.toContain(0);
  });
  test("says what does not fit", () => {
    const attention = new MultiheadAttention(4, 2);
    const x = zeros(3, 2, 4);
    expect(messageOf(() => new MultiheadAttention(5, 2))).toContain("multiple of numHeads");
    expect(messageOf(() => attention(zeros(3, 2, 5), x, x))).toContain("embedDim=4");
    expect(messageOf(() => attention(x, zeros(3, 4), zeros(3, 4)))).toContain("[L, N, E]");
    expect(messageOf(() => attention(x, zeros(5, 3, 4), zeros(5, 3, 4)))).toContain("batch size");
    expect(messageOf(() => attention(x, x, x, { isCausal: true }))).toContain("attnMask");
    expect(messageOf(() => attention(x, x, x, { attnMask: zeros(2, 3) }))).toContain("[3, 3]");
    expect(messageOf(() => attention(x, x, x, { keyPaddingMask: zeros(3, 2) }))).toContain(
      "[2, 3]",
    );
    const attnMask = zeros([3, 3], { dtype: "int32" });
    expect(messageOf(() => attention(x, x, x, { attnMask }))).toContain("bool");
    expect(
      messageOf(() => scaledDotProductAttention(x, x, x, { attnMask: zeros(2), isCausal: true })),
    ).toContain("exclude");
  });
});

describe("stacks of transformer layers", () => {
  const options = { dimFeedforward: 6, dropout: 0, batchFirst: true } as const;

  test("are copies: the same numbers in memory of their own", () => {
    const layer = new TransformerEncoderLayer(4, 2, options).eval();
    layer.linear1.requiresGrad_(false);
    const { layers } = new TransformerEncoder(layer, 2);
    const [a, b] = [layers.at(0), layers.at(1)];
    expect(a.training).toBe(false);
    expect(b.linear1.weight.requiresGrad).toBe(false);
    expect(b.linear2.weight.requiresGrad).toBe(true);
    const before = layer.linear1.weight.tolistSync() as number[];
    close(b.linear1.weight, before);
    noGrad(() => a.linear1.weight.zero_());
    close(layer.linear1.weight, before);
    close(b.linear1.weight, before);
  });
  test("copy layers of a class of one's own, by its copy() if it has one", () => {
    class Own extends Module {
      inner = new Linear(2, 2);
      forward(x: Tensor): Tensor {
        return this.inner(x);
      }
    }
    class Copied extends Own {
      readonly isCopy: boolean;
      constructor(isCopy = false) {
        super();
        this.isCopy = isCopy;
      }
      copy(): Copied {
        const other = new Copied(true);
        other.loadStateDict(this.stateDict());
        return other;
      }
    }
    for (const layer of [new Own(), new Copied()]) {
      const stack = new TransformerEncoder(layer, 2);
      expect(Object.keys(stack.stateDict())).toContain("layers.1.inner.weight");
      const [first, second] = stack.layers as unknown as Iterable<Own>;
      expect([layer.inner.weight, first.inner.weight]).not.toContain(second.inner.weight);
      close(second.inner.weight, layer.inner.weight.tolistSync() as number[][]);
      expect((first as Copied).isCopy).toBe(layer instanceof Copied ? true : undefined);
    }
    expect(messageOf(() => new TransformerDecoder(Own as never, 2))).toContain("not a module");
  });
  test("take activations that are functions or modules, and copy their parameters", () => {
    const x = rand(2, 3, 4);
    const gelu = new TransformerEncoderLayer(4, 2, { ...options, activation: "gelu" });
    for (const activation of [(t: Tensor) => new GELU()(t), new GELU()]) {
      const other = new TransformerEncoderLayer(4, 2, { ...options, activation });
      other.loadStateDict(gelu.stateDict());
      close(other(x), gelu(x).tolistSync() as number[]);
      expect(new TransformerEncoder(other, 1)(x).shape).toEqual(x.shape);
    }
    const learnt = new TransformerEncoderLayer(4, 2, { ...options, activation: new PReLU() });
    expect(Object.keys(learnt.stateDict())).toContain("activation.weight");
    const stack = new TransformerEncoder(learnt, 2);
    expect(stack.getParameter("layers.0.activation.weight")).not.toBe(
      stack.getParameter("layers.1.activation.weight"),
    );
    expect(
      messageOf(() => new TransformerEncoderLayer(4, 2, { activation: "elu" as never })),
    ).toContain('"gelu"');
  });
  test("compute padded positions in evaluation as in training", () => {
    const encoder = new TransformerEncoder(new TransformerEncoderLayer(4, 2, options), 2);
    const x = rand(2, 3, 4);
    const srcKeyPaddingMask = tensor([
      [false, false, true],
      [false, false, false],
    ]);
    const trained = encoder(x, { srcKeyPaddingMask }).tolistSync() as number[];
    encoder.eval();
    close(
      noGrad(() => encoder(x, { srcKeyPaddingMask })),
      trained,
    );
  });
  test("keep nothing but their results", () => {
    const model = new Transformer({
      dModel: 4,
      nhead: 2,
      numEncoderLayers: 2,
      numDecoderLayers: 2,
      dimFeedforward: 6,
    });
    const [src, tgt] = [rand(5, 2, 4), rand(3, 2, 4)];
    const tgtMask = Transformer.generateSquareSubsequentMask(3);
    const step = () =>
      scope(() => {
        model(src, tgt, { tgtMask }).sum().backward();
        model.zeroGrad();
        noGrad(() => model(src, tgt, { tgtMask }));
      });
    step();
    const before = buffers();
    step();
    expect(buffers()).toBe(before);
  });
  test("say what does not fit", () => {
    const model = new Transformer({ dModel: 4, nhead: 2, dimFeedforward: 6, numEncoderLayers: 1 });
    expect(messageOf(() => model(zeros(5, 2, 4), zeros(3, 3, 4)))).toContain("batchFirst");
    expect(messageOf(() => model(zeros(5, 2, 3), zeros(3, 2, 3)))).toContain("dModel=4");
    expect(messageOf(() => new Transformer(512 as never))).toContain("options");
  });
});

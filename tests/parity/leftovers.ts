/** What sections/leftovers.py wrote: what gives no tensor or several, or changes what it is given. */
import "@dl/autograd";
import { Parameter, utils } from "@dl/nn";
import * as F from "@dl/nn/functional";
import {
  broadcastShapes,
  type DType,
  promoteTypes,
  type Tensor,
  zeros,
  zerosLike,
} from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { flatTensors } from "./module.ts";
import { section } from "./replay.ts";

interface PropertiesCase {
  readonly kind: "properties";
  readonly shape: number[];
  readonly view: "whole" | "transposed" | "stepped";
  readonly values: Record<string, number | boolean>;
}
interface PromoteCase {
  readonly kind: "promote";
  readonly a: DType;
  readonly with: Record<DType, DType>;
}
interface BroadcastCase {
  readonly kind: "broadcast";
  readonly shapes: number[][];
  readonly shape: number[];
}
interface InvertCase {
  readonly kind: "invert";
  readonly order: FixtureTensor;
  readonly inverse: FixtureTensor;
}
interface PoolCase {
  readonly kind: "pool";
  readonly fn: "maxPool1dWithIndices" | "maxPool3dWithIndices";
  readonly inputs: [FixtureTensor];
  readonly args: [kernel: never];
  readonly options: Record<string, never>;
  readonly outputs: [FixtureTensor, FixtureTensor];
  readonly grads: [FixtureTensor];
}
interface AttentionCase {
  readonly kind: "attention";
  readonly sizes: [embedDim: number, heads: number];
  readonly zero: boolean;
  readonly inputs: [FixtureTensor, FixtureTensor, FixtureTensor];
  readonly named: Record<string, FixtureTensor>;
  readonly fixed: Record<string, FixtureTensor>;
  readonly options: Record<string, unknown>;
  readonly outputs: FixtureTensor[];
  readonly grads: FixtureTensor[];
}
interface ClipCase {
  readonly kind: "clip";
  readonly grads: (FixtureTensor | null)[];
  readonly max: number;
  readonly total: number;
  readonly after: (FixtureTensor | null)[];
}
interface FusedCase {
  readonly kind: "fused";
  readonly fn: "fuseConvBnWeights" | "fuseLinearBnWeights";
  readonly weight: FixtureTensor;
  readonly bias: FixtureTensor | null;
  readonly norm: {
    runningMean: FixtureTensor;
    runningVar: FixtureTensor;
    eps: number;
    weight: FixtureTensor | null;
    bias: FixtureTensor | null;
  };
  readonly transpose: boolean;
  readonly after: [FixtureTensor, FixtureTensor];
}
type Case =
  | PropertiesCase
  | PromoteCase
  | BroadcastCase
  | InvertCase
  | PoolCase
  | AttentionCase
  | ClipCase
  | FusedCase;

const TOLERANCE = 1e-5;
const optional = (t: FixtureTensor | null | undefined): Tensor | null => (t ? toTensor(t) : null);
function expectGradients(leaves: Tensor[], wanted: FixtureTensor[]): void {
  wanted.forEach((g, i) => {
    expectNear(leaves[i].grad ?? zerosLike(leaves[i]), g, TOLERANCE, `gradient ${i}`);
  });
}

const RUN: { [K in Case["kind"]]: (c: never) => void } = {
  properties({ shape, view, values }: PropertiesCase) {
    const whole = zeros(shape);
    const t =
      view === "transposed" && shape.length > 1
        ? whole.mT
        : view === "stepped" && shape.length > 0
          ? whole.slice(-1, null, null, 2)
          : whole;
    const own = t as unknown as Record<string, unknown>;
    for (const [name, wanted] of Object.entries(values)) {
      const value = own[name];
      expect(typeof value === "function" ? value.call(t) : value, name).toBe(wanted);
    }
  },
  promote({ a, with: wanted }: PromoteCase) {
    for (const [b, dtype] of Object.entries(wanted))
      expect(promoteTypes(a, b as DType), `${a} and ${b}`).toBe(dtype);
  },
  broadcast({ shapes, shape }: BroadcastCase) {
    expect(broadcastShapes(shapes, "test")).toEqual(shape);
  },
  invert({ order, inverse }: InvertCase) {
    expectNear(utils.rnn.invertPermutation(toTensor(order))!, inverse, 0, "inverse");
  },
  pool({ fn, inputs, args: [kernel], options, outputs, grads }: PoolCase) {
    const x = toTensor(inputs[0]).requiresGrad_();
    const results = flatTensors(F[fn](x, kernel, options));
    outputs.forEach((wanted, i) => void expectNear(results[i], wanted, TOLERANCE, `result ${i}`));
    weightedSum(results)!.backward();
    expectGradients([x], grads);
  },
  attention({ sizes, zero, inputs, named, fixed, options, outputs, grads }: AttentionCase) {
    const leaf = (t: FixtureTensor) => toTensor(t).requiresGrad_();
    const [q, k, v] = inputs.map(leaf);
    const own = Object.fromEntries(Object.entries(named).map(([name, t]) => [name, leaf(t)]));
    const get = (name: string): Tensor | null => own[name] ?? null;
    const { qProjWeight, kProjWeight, vProjWeight } = own;
    const [result, weights] = F.multiHeadAttentionForward(
      q,
      k,
      v,
      ...sizes,
      get("inProjWeight"),
      get("inProjBias"),
      get("biasK"),
      get("biasV"),
      zero,
      0,
      own.outProjWeight,
      get("outProjBias"),
      { ...options, qProjWeight, kProjWeight, vProjWeight, ...reviveOptions(fixed) },
    );
    const results = weights ? [result, weights] : [result];
    expect(results.length).toBe(outputs.length);
    outputs.forEach((wanted, i) => void expectNear(results[i], wanted, TOLERANCE, `result ${i}`));
    weightedSum(results)!.backward();
    expectGradients([q, k, v, ...Object.values(own)], grads);
  },
  clip({ grads, max, total, after }: ClipCase) {
    const parameters = grads.map((g) => {
      const parameter = new Parameter(zeros(g?.shape ?? [1]));
      parameter.grad = optional(g);
      return parameter;
    });
    utils.clipGradsWithNorm_(parameters, max, zeros([]).add(total));
    after.forEach((wanted, i) => {
      if (wanted) expectNear(parameters[i].grad!, wanted, TOLERANCE, `gradient ${i}`);
      else expect(parameters[i].grad).toBe(null);
    });
  },
  fused({ fn, weight, bias, norm, transpose, after }: FusedCase) {
    const [w, b] = [weight, bias].map((t) => (t ? new Parameter(toTensor(t)) : null));
    const [mean, variance] = [toTensor(norm.runningMean), toTensor(norm.runningVar)];
    const affine = [optional(norm.weight), optional(norm.bias)] as const;
    const made =
      fn === "fuseConvBnWeights"
        ? utils.fuseConvBnWeights(w!, b, mean, variance, norm.eps, ...affine, { transpose })
        : utils.fuseLinearBnWeights(w!, b, mean, variance, norm.eps, ...affine);
    after.forEach((wanted, i) => void expectNear(made[i], wanted, TOLERANCE, `result ${i}`));
  },
};

export const leftovers = section("leftovers against PyTorch", fixture<Case[]>("leftovers"), {
  name: (c) => ("fn" in c ? c.fn : c.kind),
  title: (c, i) => `${i}: ${JSON.stringify(c).slice(0, 90)}`,
  run: (c) => RUN[c.kind](c as never),
});

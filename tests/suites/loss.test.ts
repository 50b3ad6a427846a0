/** The suite for losses, held to losses that are right and to losses that are wrong in one way each. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { type Criterion, type LossSuiteOptions, testLoss } from "@dl/conformance";
import * as L from "@dl/losses";
import {
  defineMap,
  expr as E,
  keep,
  rand,
  randint,
  randn,
  type Shape,
  ShapeError,
  scope,
  setBackend,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { verdicts } from "./verdicts.ts";

beforeAll(() => setBackend(cpu()));

type Wanted = Omit<LossSuiteOptions, "describe" | "it">;
type Options = { reduction?: "none" | "mean" | "sum" };
const wanted: Wanted = { operands: (n) => [randn(n, 3), randn(n, 3)] };
const judge = (make: (options: Options) => Criterion, options: Partial<Wanted> = {}) =>
  verdicts((runner) => testLoss("loss", make, { ...wanted, ...options, ...runner }));

describe("losses that are right pass", () => {
  const classes: Partial<Wanted> = {
    operands: (n) => [randn(n, 3, 2), randint(3, [n, 2])],
    shape: (n) => [n, 2],
  };
  const right: [string, (options: Options) => Criterion, Partial<Wanted>?][] = [
    ["MSELoss", (o) => new L.MSELoss(o), { extremes: [-1e4, 0, 1e4] }],
    ["mseLoss", (o) => (x, y) => L.mseLoss(x, y, o)],
    ["HuberLoss", (o) => new L.HuberLoss(o)],
    ["CrossEntropyLoss", (o) => new L.CrossEntropyLoss(o), classes],
    [
      "SmoothL1Loss",
      (o) => new L.SmoothL1Loss(o),
      { operands: (n) => [randn(n, 2, 2), randn(n, 2, 2)] },
    ],
    [
      "DiceLoss",
      (o) => new L.DiceLoss(o),
      { operands: (n) => [rand(n, 2, 5), rand(n, 2, 5)], shape: (n) => [n, 2] },
    ],
    ["KLDivLoss", (o) => new L.KLDivLoss(o), { operands: (n) => [randn(n, 3), rand(n, 3)] }],
  ];
  test.each(right)("%s", async (_, make, options) => {
    const found = await judge(make, options);
    expect(Object.entries(found).filter(([, message]) => message !== null)).toEqual([]);
    expect(Object.keys(found).length).toBe(12);
  });
});

describe("a loss that is wrong is found out", () => {
  interface Spoilt {
    each?: (x: Tensor, y: Tensor) => Tensor;
    reduce?: (losses: Tensor, reduction: string) => Tensor;
    standard?: Options["reduction"];
    check?: (x: Tensor, y: Tensor) => void;
    reductions?: readonly string[];
    scoped?: boolean;
  }
  const reduceRight = (losses: Tensor, reduction: string) =>
    reduction === "none" ? losses : reduction === "sum" ? losses.sum() : losses.mean();
  const same = (x: Tensor, y: Tensor) => {
    if (x.shape.join() !== y.shape.join())
      throw new ShapeError(`[${x.shape.join(", ")}] and [${y.shape.join(", ")}]`);
  };
  /** The squared error; every part may be another one. */
  const loss =
    ({
      each = (x, y) => x.sub(y).square(),
      reduce = reduceRight,
      standard = "mean",
      check = same,
      reductions = ["none", "mean", "sum"],
      scoped = true,
    }: Spoilt) =>
    ({ reduction = standard }: Options): Criterion =>
    (x: Tensor, y: Tensor) => {
      if (!reductions.includes(reduction)) throw new Error(`no reduction ${reduction}`);
      check(x, y);
      const body = () => reduce(each(x, y), reduction);
      return scoped ? scope(body) : body();
    };

  const falseGradient = defineMap<[Tensor, Tensor]>(
    "false gradient",
    (x, y) => E.mul(E.sub(x, y), E.sub(x, y)),
    { gradient: (g, [x, y]) => [E.mul(g, E.sub(x, y)), E.mul(g, E.sub(y, x))] },
  );
  const kept: Tensor[] = [];
  let calls = 0;

  const wrong: [check: string, kind: string, Spoilt, message: RegExp][] = [
    ["computes its example", "a number", { reduce: () => 1 as never }, /is not a tensor/],
    [
      "computes its example",
      "whole numbers",
      { each: (x, y) => x.gt(y).int() },
      /the result is int32/,
    ],
    [
      "computes its example",
      "NaN",
      { each: (x, y) => x.sub(y).log() },
      /reduction "none" is not finite/,
    ],
    [
      "has the shapes of its reductions",
      "a dimension kept",
      { reduce: (x, r) => (r === "mean" ? x.mean().reshape(1) : reduceRight(x, r)) },
      /reduction "mean" is \[1\], expected \[\]/,
    ],
    [
      "has the shapes of its reductions",
      "one per sample",
      { each: (x, y) => x.sub(y).square().sum(1) },
      /reduction "none" is \[1\], expected \[1, 3\].*say shape/,
    ],
    [
      "has reductions that agree",
      "the mean over samples",
      { reduce: (x, r) => (r === "mean" ? x.sum().div(x.shape[0]) : reduceRight(x, r)) },
      /reduction "mean", compared with/,
    ],
    [
      "has reductions that agree",
      "half the sum",
      { reduce: (x, r) => (r === "sum" ? x.sum().mul(0.5) : reduceRight(x, r)) },
      /reduction "sum", compared with/,
    ],
    ["takes the mean by default", "the sum", { standard: "sum" }, /without options/],
    [
      "refuses unknown reductions",
      "a result",
      { reductions: ["none", "mean", "sum", "average"] },
      /"average" gives a result/,
    ],
    [
      "has the gradients of its differences",
      "half of it",
      { each: falseGradient },
      /reduction "none": the gradient of operand 0\[0\]/,
    ],
    [
      "has the gradients of its differences",
      "a target detached",
      { each: (x, y) => x.sub(y.detach()).square() },
      /operand 1\[0\].* is missing.*not recorded/,
    ],
    [
      "is finite at the extremes",
      "overflow",
      { each: (x, y) => x.sub(y).exp().add(1).log() },
      /the prediction is 100 the loss is not finite.*log1p/,
    ],
    [
      "is finite at the extremes",
      "the root of 0",
      { each: (x, y) => x.square().sqrt().add(y) },
      /the gradient is not finite/,
    ],
    [
      "does not depend on memory layout",
      "what lies in memory",
      { each: (x, y) => x.sub(tensor(inMemory(y), { shape: y.shape })) },
      /lie transposed in memory/,
    ],
    [
      "is repeatable, and leaves its operands alone",
      "a counter",
      { each: (x, y) => x.sub(y).square().add(calls++) },
      /a second call/,
    ],
    [
      "is repeatable, and leaves its operands alone",
      "in place",
      { each: (x, y) => (x.requiresGrad ? x : x.sub_(y)).square() },
      /operand 0 after a call/,
    ],
    [
      "leaves no buffers behind",
      "tensors kept",
      {
        each: (x, y) => {
          const difference = keep(x.sub(y));
          kept.push(difference);
          return difference.square();
        },
      },
      /more after every call/,
    ],
    ["releases its temporaries", "no scope", { scoped: false }, /leaves 1 temporary tensor /],
    [
      "refuses shapes that do not fit",
      "silence",
      { check: () => {} },
      /nothing is thrown for operands \[4, 3\], \[1, 3\]/,
    ],
    [
      "refuses shapes that do not fit",
      "no shapes",
      {
        check: (x, y) => {
          if (x.numel !== y.numel) throw new Error("no");
        },
      },
      /names no shape: "no"/,
    ],
  ];
  test.each(wrong)("%s: %s", async (check, _, spoilt, message) => {
    expect((await judge(loss(spoilt)))[check]).toMatch(message);
  });
  test("but the one that is spoilt nowhere passes", async () => {
    const found = await judge(loss({}));
    expect(Object.values(found).every((message) => message === null)).toBe(true);
    expect(new Set(wrong.map(([check]) => check))).toEqual(new Set(Object.keys(found)));
  });
});

/** The elements as they follow one another in memory, whatever the strides. */
const inMemory = (x: Tensor): number[] => {
  const { strides } = x.memory;
  const order = [...strides.keys()].sort((a, b) => strides[b] - strides[a]);
  return Array.from(
    x
      .detach()
      .permute(order as number[] & Shape)
      .dataSync() as Float32Array,
  );
};

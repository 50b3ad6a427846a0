import "@dl/autograd";
import { readFileSync } from "node:fs";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import {
  Generator,
  indexSelect,
  manualSeed,
  randn,
  setBackend,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { AveragingEnsemble, adaBoost, bagging, bootstrap, fit, VotingEnsemble } from "../index.ts";

beforeEach(() => setBackend(cpu()));

interface Stump {
  readonly feature: number;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
}
interface Case {
  readonly name: string;
  readonly options: { estimators: number; learningRate: number };
  readonly sampleWeight: number[] | null;
  readonly x: number[][];
  readonly y: number[];
  readonly rounds: (Stump & { weights: number[] })[];
  readonly weights: number[];
  readonly errors: number[];
  readonly unseen: number[][];
  readonly decision: number[] | number[][];
  readonly predict: number[];
  readonly proba: number[][];
}
const file = new URL("../fixtures/adaBoost.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

const stump =
  ({ feature, threshold, left, right }: Stump) =>
  (x: Tensor) =>
    tensor(
      (x.tolistSync() as number[][]).map((row) => (row[feature] <= threshold ? left : right)),
      {
        dtype: "int32",
      },
    );
const wide = (x: number[][]): Tensor => tensor(x, { dtype: "float64" });
function expectClose(got: unknown, want: unknown, digits = 10): void {
  const flat = (x: unknown): number[] => [x].flat(3) as number[];
  expect(flat(got)).toHaveLength(flat(want).length);
  flat(got).forEach((x, i) => expect(x).toBeCloseTo(flat(want)[i], digits));
}

describe("adaBoost", () => {
  test.each(cases)("is scikit-learn's: $name", async (c) => {
    const given: number[][] = [];
    const boosted = await adaBoost(
      ({ index, weights }) => {
        given.push([...weights]);
        return stump(c.rounds[index]);
      },
      wide(c.x),
      c.y,
      { ...c.options, sampleWeight: c.sampleWeight ?? undefined },
    );
    expectClose(
      given,
      c.rounds.map(({ weights }) => weights),
    );
    expectClose(boosted.weights, c.weights);
    expectClose(boosted.errors, c.errors);
    const unseen = wide(c.unseen);
    const decision = boosted.decision(unseen).tolistSync() as number[][];
    // Of two classes scikit-learn gives the difference.
    expectClose(boosted.classes === 2 ? decision.map(([a, b]) => b - a) : decision, c.decision);
    expect(boosted.predict(unseen).tolistSync()).toEqual(c.predict);
    expectClose(boosted.predictProba(unseen).tolistSync(), c.proba);
  });
  test("ends when a model is no better than chance, and says why", async () => {
    const x = wide([[0], [1], [2], [3]]);
    const good = stump({ feature: 0, threshold: 0.5, left: 0, right: 1 });
    const bad = stump({ feature: 0, threshold: 0.5, left: 1, right: 0 });
    const boosted = await adaBoost(({ index }) => (index === 0 ? good : bad), x, [0, 1, 1, 0]);
    expect([boosted.models.length, boosted.stopped]).toEqual([
      1,
      "a model was no better than chance",
    ]);
    await expect(adaBoost(() => bad, x, [0, 1, 1, 0])).rejects.toThrow(
      "wrong about 75.0 % of the examples",
    );
  });
  test("resamples by the weights", async () => {
    let counts: number[] = [];
    await adaBoost(
      ({ index, weights, resample }) => {
        if (index === 1) {
          counts = [0, 0, 0, 0];
          for (const i of resample(30_000)) counts[i]++;
          expectClose(
            counts.map((n) => n / 30_000),
            [...weights],
            1,
          );
          counts.forEach((n, i) => expect(Math.abs(n / 30_000 - weights[i])).toBeLessThan(0.01));
        }
        return stump({ feature: 0, threshold: 0.5, left: 0, right: 1 });
      },
      wide([[0], [1], [2], [3]]),
      [0, 1, 1, 0],
      { estimators: 2, generator: new Generator(3) },
    );
    // The one that was wrong has half of the weight.
    expect(counts[3]).toBeGreaterThan(14_000);
  });
  test("boosts networks, trained on what is drawn", async () => {
    manualSeed(0);
    const x = randn(80, 2);
    const labels = x.square().sum(1).gt(1.2).int();
    const one = async (sample: Int32Array) => {
      const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Tanh(), new nn.Linear(2, 2));
      const at = tensor(sample);
      const train = [[indexSelect(x, 0, at), indexSelect(labels, 0, at)]];
      await fit(model, {
        loss: crossEntropy,
        optimizer: new Adam(model.parameters(), { lr: 0.1 }),
        train,
        epochs: 20,
      });
      return model;
    };
    const boosted = await adaBoost(({ resample }) => one(resample()), x, labels, { estimators: 6 });
    const wrong = boosted.predict(x).ne(labels).sum().itemSync() / 80;
    // What is known of boosting: the error on the training examples is at most Π 2 √(ε (1 − ε)).
    const bound = boosted.errors.reduce((b, e) => b * 2 * Math.sqrt(e * (1 - e)), 1);
    expect(boosted.models.length).toBeGreaterThan(1);
    expect(wrong).toBeLessThanOrEqual(bound);
    expect(bound).toBeLessThan(1);
  });
  test("says what is wrong", async () => {
    const x = wide([[0], [1]]);
    const model = () => stump({ feature: 0, threshold: 0.5, left: 0, right: 1 });
    await expect(adaBoost(model, x, [])).rejects.toThrow("there are no examples");
    await expect(adaBoost(model, x, [0, 0.5])).rejects.toThrow("there is 0.5");
    await expect(adaBoost(model, x, [0, 0])).rejects.toThrow("two classes or more");
    await expect(adaBoost(model, x, [0, 1, 1])).rejects.toThrow(
      "there are 3 labels, a model classified 2",
    );
    await expect(adaBoost(model, x, [0, 1], { sampleWeight: [0, 0] })).rejects.toThrow(
      "sampleWeight has",
    );
    await expect(adaBoost(() => () => tensor([0.5, 1]), x, [0, 1])).rejects.toThrow(
      "a model returned float32 [2]",
    );
  });
});

describe("AveragingEnsemble and VotingEnsemble", () => {
  const give = (scores: number[][]) => () => tensor(scores);
  test("soft voting is the mean of probabilities, by hand", () => {
    const models = [
      give([
        [0.9, 0.1],
        [0.4, 0.6],
      ]),
      give([
        [0.2, 0.8],
        [0.3, 0.7],
      ]),
    ];
    const options = { voting: "soft", outputs: "probabilities", weights: [1, 3] } as const;
    const ensemble = new VotingEnsemble(models, options);
    expectClose(
      ensemble.predictProba(null).tolistSync(),
      [
        [0.375, 0.625],
        [0.325, 0.675],
      ],
      6,
    );
    expect(ensemble.predict(null).tolistSync()).toEqual([1, 1]);
  });
  test("hard voting counts, by weights; of equal votes the first class wins", () => {
    const models = [give([[1, 0, 0]]), give([[0, 1, 0]]), give([[0, 0, 1]])];
    const vote = (weights?: number[]) => new VotingEnsemble(models, { weights });
    expect(vote().predict(null).tolistSync()).toEqual([0]);
    expect(vote([0.3, 0.4, 0.4]).predict(null).tolistSync()).toEqual([1]);
    expectClose(vote([1, 1, 2]).predictProba(null).tolistSync(), [[0.25, 0.25, 0.5]]);
    const numbers = [
      () => tensor([2], { dtype: "int32" }),
      () => tensor([2], { dtype: "int32" }),
      models[0],
    ];
    expect(new VotingEnsemble(numbers, { classes: 3 }).predict(null).tolistSync()).toEqual([2]);
  });
  test("models predict in evaluation mode, unrecorded, and are then as before", () => {
    manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout());
    const x = randn(3, 2);
    const y = new AveragingEnsemble([model, model]).predict(x);
    expect([y.requiresGrad, model.training]).toEqual([false, true]);
    model.eval();
    expectClose(y.tolistSync(), model(x).tolistSync(), 6);
  });
  test("says what is wrong", () => {
    expect(() => new AveragingEnsemble([])).toThrow("there are no models");
    expect(() => new VotingEnsemble([give([])], { weights: [1, 2] })).toThrow(
      "one weight from 0 is wanted for each of 1 models, got [1, 2]",
    );
    expect(() => new VotingEnsemble([() => tensor([1, 2])]).predict(null)).toThrow(
      "together with the option classes",
    );
    expect(() =>
      new VotingEnsemble([() => tensor([[1]])], { voting: "soft" }).predict(null),
    ).toThrow("of two classes or more");
    expect(() => new VotingEnsemble([() => tensor(1)], { voting: "loud" as never })).toThrow(
      '"hard" or "soft"',
    );
    expect(() => new AveragingEnsemble([() => 3]).predict(null)).toThrow(
      "has to return a tensor, got a number",
    );
  });
});

describe("bagging", () => {
  test("a bootstrap leaves out a share of 1/e", () => {
    const { indices, outOfBag } = bootstrap(20_000, { generator: new Generator(5) });
    expect(outOfBag.length / 20_000).toBeCloseTo(1 / Math.E, 2);
    expect(new Set([...indices, ...outOfBag]).size).toBe(20_000);
    const without = bootstrap(10, { size: 4, replacement: false });
    expect([new Set(without.indices).size, without.outOfBag.length]).toEqual([4, 6]);
    expect(() => bootstrap(3, { size: 4, replacement: false })).toThrow("without replacement");
  });
  test("out of bag counts those models only that have not seen an example", async () => {
    const seen: number[][] = [];
    const { models, samples, outOfBag } = await bagging(
      (indices, member) => {
        seen.push([...indices]);
        return (x: Tensor) => x.mul(0).add(member + 1);
      },
      6,
      { count: 4, generator: new Generator(2) },
    ).then((b) => Object.assign(b, { outOfBag: b.outOfBag.bind(b) }));
    expect(seen).toEqual(samples.map(({ indices }) => [...indices]));
    expect(models).toHaveLength(4);
    const want = Array.from({ length: 6 }, (_, i) => {
      const members = seen.flatMap((s, m) => (s.includes(i) ? [] : [m + 1]));
      return members.reduce((a, b) => a + b, 0) / members.length;
    });
    expect(outOfBag(tensor([1, 2, 3, 4, 5, 6])).tolistSync()).toEqual(want);
  });
});

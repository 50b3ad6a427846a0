import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import * as T from "@dl/tensor";
import { Generator, manualSeed, setBackend, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { random } from "./random.ts";
import { replay } from "./replay.ts";

replay(random);

describe("generators", () => {
  setBackend(cpu());
  test("go on where a state was saved, as JSON keeps it", () => {
    manualSeed(5);
    T.randn(3);
    const state = JSON.parse(JSON.stringify(T.getRngState()));
    const next = () =>
      [T.randn(5), T.rand(3), T.randperm(6), T.randn(20)].map((t) => t.tolistSync());
    const first = next();
    T.setRngState(state);
    expect(next()).toEqual(first);
    const own = new Generator();
    own.setState(state);
    expect(T.randn(5, { generator: own }).tolistSync()).toEqual(first[0]);
  });
  test("save the place in the stream of masks too", () => {
    const own = new Generator(3);
    T.randomMask([4], 0.5, { generator: own });
    const state = own.getState();
    const mask = () => T.randomMask([64], 0.5, { generator: own }).tolistSync();
    const first = mask();
    expect(mask()).not.toEqual(first);
    own.setState(state);
    expect(mask()).toEqual(first);
  });
  test("know their seed, and take a new one", () => {
    manualSeed(12);
    expect(T.initialSeed()).toBe(12n);
    expect(T.seed()).toBe(T.initialSeed());
    expect(() => new Generator().setState({} as T.GeneratorState)).toThrow(
      /what getState returned/,
    );
  });
});

/**
 * Relative frequencies of n draws lie within five standard deviations, √(p (1 − p) / n), of their probabilities: by
 * chance they do not once in two million times, and the seed is fixed.
 */
function expectFrequencies(counts: readonly number[], expected: readonly number[]): void {
  const n = counts.reduce((a, b) => a + b, 0);
  expected.forEach((p, i) => {
    expect(Math.abs(counts[i] / n - p), `outcome ${i}`).toBeLessThanOrEqual(
      5 * Math.sqrt((p * (1 - p)) / n),
    );
  });
}
const countOf = (values: ArrayLike<number>, outcomes: number): number[] => {
  const counts = new Array<number>(outcomes).fill(0);
  for (let i = 0; i < values.length; i++) counts[Math.min(values[i], outcomes - 1)]++;
  return counts;
};
/** How many of the values lie in each of the intervals that the bounds part. */
const between = (values: ArrayLike<number>, bounds: readonly number[]): number[] =>
  countOf(
    Array.from(values, (x) => bounds.filter((b) => x >= b).length),
    bounds.length + 1,
  );
/** Probabilities of the intervals, from the distribution function. */
const parts = (bounds: readonly number[], cdf: (x: number) => number): number[] => {
  const at = [0, ...bounds.map(cdf), 1];
  return at.slice(1).map((p, i) => p - at[i]);
};

describe("distributions", () => {
  setBackend(cpu());
  const N = 40_000;
  const seeded = () => {
    manualSeed(2);
    return zeros(N);
  };
  test.each([0, 0.1, 0.5, 0.97, 1])("bernoulli_ and bernoulli of p = %s", (p) => {
    expectFrequencies(countOf(seeded().bernoulli_(p).dataSync(), 2), [1 - p, p]);
    expectFrequencies(countOf(T.bernoulli(zeros(N), p).dataSync(), 2), [1 - p, p]);
    expectFrequencies(countOf(T.bernoulli(T.full([N], p)).dataSync(), 2), [1 - p, p]);
    expectFrequencies(countOf(T.bernoulli(zeros(N), { p }).dataSync(), 2), [1 - p, p]);
  });
  test.each([0.5, 1, 3])("exponential_ of λ = %s", (lambd) => {
    const bounds = [0.1, 0.5, 1, 2];
    const values = seeded().exponential_(lambd).dataSync();
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expectFrequencies(
      between(values, bounds),
      parts(bounds, (x) => 1 - Math.exp(-lambd * x)),
    );
  });
  test("cauchy_, logNormal_, geometric_ and poisson", () => {
    const bounds = [-3, -1, 0, 0.5, 2];
    expectFrequencies(
      between(seeded().cauchy_(0.5, 2).dataSync(), bounds),
      parts(bounds, (x) => 0.5 + Math.atan((x - 0.5) / 2) / Math.PI),
    );
    // Half of the numbers lie below e^mean, 68.27 % within one deviation.
    const [low, middle, high] = [-1, 0.5, 2].map(Math.exp);
    expectFrequencies(
      between(seeded().logNormal_(0.5, 1.5).dataSync(), [low, middle, high]),
      [0.1586553, 0.3413447, 0.3413447, 0.1586553],
    );
    const trials = countOf(seeded().geometric_(0.3).dataSync(), 4);
    expectFrequencies(trials, [0, 0.3, 0.21, 0.49]);
    const chance = (rate: number, k: number): number =>
      k === 0 ? Math.exp(-rate) : (chance(rate, k - 1) * rate) / k;
    for (const rate of [0.5, 4, 15]) {
      const counts = countOf(T.poisson(T.full([N], rate)).dataSync(), 40);
      expectFrequencies(
        counts,
        counts.map((_, k) => chance(rate, k)),
      );
    }
  });
  test("multinomial with replacement", () => {
    manualSeed(3);
    const weights = tensor([
      [1, 0, 3, 4],
      [5, 5, 0, 0],
    ]);
    const drawn = T.multinomial(weights, N, { replacement: true });
    expect([drawn.dtype, ...drawn.shape]).toEqual(["int32", 2, N]);
    const [a, b] = drawn.unbind(0).map((t) => countOf(t.dataSync(), 4));
    expectFrequencies(a, [1 / 8, 0, 3 / 8, 1 / 2]);
    expectFrequencies(b, [1 / 2, 1 / 2, 0, 0]);
    const one = T.multinomial(tensor([1, 0, 3, 4]).expand(N, 4), 1);
    expectFrequencies(countOf(one.dataSync(), 4), [1 / 8, 0, 3 / 8, 1 / 2]);
  });
  test("multinomial without replacement", () => {
    manualSeed(4);
    const p = [0.5, 0.2, 0.3];
    const drawn = T.multinomial(tensor(p).expand(N, 3), 2);
    expect(drawn.shape).toEqual([N, 2]);
    const pairs = drawn.dataSync();
    const counts = new Array<number>(9).fill(0);
    for (let i = 0; i < N; i++) counts[pairs[2 * i] * 3 + pairs[2 * i + 1]]++;
    expectFrequencies(
      counts,
      counts.map((_, at) => {
        const [first, second] = [Math.floor(at / 3), at % 3];
        return first === second ? 0 : (p[first] * p[second]) / (1 - p[first]);
      }),
    );
  });
  test.each([0.1, 0.5, 0.9])("dropout with p = %s, the same again after the same seed", (p) => {
    const x = T.ones(N);
    const dropped = () => {
      manualSeed(9);
      return new nn.Dropout({ p })(x).dataSync();
    };
    const values = dropped();
    const kept = Math.fround(1 / (1 - p));
    for (const v of values) if (v !== 0) expect(v).toBeCloseTo(kept, 5);
    expectFrequencies(
      countOf(
        values.map((v) => (v === 0 ? 1 : 0)),
        2,
      ),
      [1 - p, p],
    );
    expect(dropped()).toEqual(values);
  });
  test("normal numbers, sixteen at a time and one by one", () => {
    const bounds = [-2, -1, 0, 1, 2];
    const expected = [0.0227501, 0.1359051, 0.3413447, 0.3413447, 0.1359051, 0.0227501];
    expectFrequencies(between(seeded().normal_().dataSync(), bounds), expected);
    const single = new Generator(1);
    expectFrequencies(
      between(
        Array.from({ length: N }, () => single.normal()),
        bounds,
      ),
      expected,
    );
  });
});

describe("filling in place", () => {
  setBackend(cpu());
  test("goes in row-major order whatever the layout", () => {
    manualSeed(0);
    const plain = zeros(4, 5).uniform_(-1, 1).tolistSync();
    manualSeed(0);
    expect(zeros(5, 4).t().uniform_({ from: -1, to: 1 }).tolistSync()).toEqual(plain);
    manualSeed(0);
    const wide = zeros(4, 8);
    wide.narrow(1, 2, 5).uniform_(-1, 1);
    expect(wide.narrow(1, 2, 5).tolistSync()).toEqual(plain);
    expect(wide.narrow(1, 0, 2).sum().itemSync()).toBe(0);
  });
  test("takes empty tensors", () => {
    expect(zeros(0, 3).normal_().shape).toEqual([0, 3]);
    expect(T.rand(0).shape).toEqual([0]);
    expect(T.bernoulli(zeros(0)).shape).toEqual([0]);
    expect(T.poisson(zeros(0)).shape).toEqual([0]);
  });
  test("refuses leaves while gradients are recorded, and ends the history of others", () => {
    const p = zeros(2).requiresGrad_();
    expect(() => p.uniform_()).toThrow(/leaf.*noGrad/);
    expect(noGrad(() => p.uniform_(1, 2)).requiresGrad).toBe(true);
    const y = p.mul(2);
    expect(y.normal_().requiresGrad).toBe(false);
  });
  test("says what is wrong", () => {
    const x = zeros(2);
    expect(() => x.uniform_(2, 1)).toThrow(/from = 2 and to = 1/);
    expect(() => x.normal_(0, -1)).toThrow(/std is -1/);
    expect(() => x.exponential_(0)).toThrow(/lambd is 0/);
    expect(() => x.cauchy_(0, 0)).toThrow(/sigma is 0/);
    expect(() => x.logNormal_({ std: 0 })).toThrow(/std is 0/);
    expect(() => x.geometric_(1)).toThrow(/p is 1/);
    expect(() => x.random_(3, 3)).toThrow(/no whole number/);
    expect(() => x.bernoulli_(2)).toThrow(/p is 2/);
    expect(() => x.bernoulli_(zeros(3))).toThrow(/bernoulli_/);
    expect(() => x.int().normal_()).toThrow(/int32/);
    expect(() => T.bernoulli(tensor([0.5, 2]))).toThrow(/got 2 at 1/);
    expect(() => T.normal(0, -1, [2])).toThrow(/std is -1/);
    expect(() => T.normal(0, 1)).toThrow(/want a shape/);
    expect(() => T.multinomial(x, 1)).toThrow(/row 0 are 0/);
    expect(() => T.multinomial(tensor([1, -1]), 1)).toThrow(/got -1 at 1/);
    expect(() => T.multinomial(tensor([1, 1]), 3)).toThrow(/replacement: true/);
    expect(() => T.multinomial(tensor([1, 1]), 0)).toThrow(/numSamples is 0/);
    expect(() => T.poisson(tensor([-1]))).toThrow(/rate -1 at 0/);
    expect(() => T.randint(3, 3, [2])).toThrow(/no whole number/);
  });
});

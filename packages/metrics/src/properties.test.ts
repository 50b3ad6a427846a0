/** What holds for any data. */
import { cpu } from "@dl/backend-cpu";
import { Generator, randint, randn, randperm, setBackend, type Tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test, vi } from "vitest";
import * as m from "./index.ts";

setBackend(cpu());
beforeAll(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

const TRIALS = 25;
const each = (run: (g: Generator, n: number) => Promise<void>) => async () => {
  for (let seed = 0; seed < TRIALS; seed++) {
    const generator = new Generator();
    generator.manualSeed(seed);
    await run(generator, 1 + ((seed * 7) % 23));
  }
};
const classes = (n: number, size: number, generator: Generator) =>
  randint(0, size, [n], { generator }).to("int32");
const near = (a: number, b: number, what?: string) => {
  if (Object.is(a, b)) return;
  expect(Math.abs(a - b), `${what}: ${a} and ${b}`).toBeLessThan(1e-5);
};

type Made = [make: () => m.Metric<any>, data: (g: Generator, n: number) => [Tensor, Tensor]];
const yesNo = (g: Generator, n: number): [Tensor, Tensor] => [
  randn([n], { generator: g }).mul(4).round().div(8).sigmoid(),
  classes(n, 2, g),
];
const many = (g: Generator, n: number): [Tensor, Tensor] => [
  randn([n, 4], { generator: g }).softmax(1),
  classes(n, 4, g),
];
const labels = (g: Generator, n: number): [Tensor, Tensor] => [
  randn([n, 3], { generator: g }).sigmoid(),
  classes(3 * n, 2, g).reshape([n, 3]),
];
const numbers = (g: Generator, n: number): [Tensor, Tensor] => [
  randn([n, 2], { generator: g }).add(50),
  randn([n, 2], { generator: g }).add(50),
];
const raw = { multioutput: "raw_values" } as const;
const none = { average: "none" } as const;
const made: Record<string, Made> = {
  accuracy: [() => new m.Accuracy(), many],
  "two best": [() => new m.Accuracy({ topK: 2 }), many],
  f1: [() => new m.F1Score(none), many],
  "f1 of samples": [() => new m.F1Score({ numLabels: 3, average: "samples" }), labels],
  specificity: [() => new m.Specificity(none), yesNo],
  report: [() => new m.ClassificationReport({ numLabels: 3 }), labels],
  matrix: [() => new m.ConfusionMatrix(4), many],
  kappa: [() => new m.CohenKappa({ weights: "linear" }), many],
  subset: [() => new m.SubsetAccuracy({ numLabels: 3 }), labels],
  roc: [() => new m.ROCCurve(), yesNo],
  "area, one against one": [() => new m.ROCAUC({ multiClass: "ovo" }), many],
  "average precision": [() => new m.AveragePrecision({ numLabels: 3, ...none }), labels],
  "log loss": [() => new m.LogLoss(), many],
  brier: [() => new m.BrierScore(), yesNo],
  calibration: [() => new m.CalibrationError(), many],
  mape: [() => new m.MeanAbsolutePercentageError(raw), numbers],
  median: [() => new m.MedianAbsoluteError(raw), numbers],
  max: [() => new m.MaxError(), numbers],
  r2: [() => new m.R2Score(raw), numbers],
  "explained variance": [() => new m.ExplainedVariance(raw), numbers],
  pearson: [() => new m.PearsonCorrCoef(raw), numbers],
  spearman: [() => new m.SpearmanCorrCoef(raw), numbers],
};

function flat(x: unknown): number[] {
  if (typeof x === "number") return [x];
  return typeof x === "object" && x !== null ? Object.values(x).flatMap(flat) : [];
}

describe("batches in any order, shared out to any number of metrics and merged, are as good as one pass", () => {
  for (const [name, [make, data]] of Object.entries(made))
    test(
      name,
      each(async (g, n) => {
        const [prediction, target] = data(g, n);
        const whole = make();
        whole.update(prediction, target);
        const wanted = flat(whole.computeSync());

        const order = randperm(n, { generator: g }).to("int32");
        const parts = [make(), make(), make()];
        for (let at = 0, k = 0; at < n; k++) {
          const size = Math.min(n - at, 1 + (k % 4));
          const rows = order.narrow(0, at, size);
          parts[(k * 5) % 3].update(prediction.indexSelect(0, rows), target.indexSelect(0, rows));
          at += size;
        }
        const merged = parts.reduce((a, b) => b.merge(a));
        const got = flat(merged.computeSync());
        expect(got.length).toBe(wanted.length);
        got.forEach((x, i) => near(x, wanted[i], `n = ${n}, number ${i}`));
      }),
    );
});

describe("classes", () => {
  test(
    "micro averages are accuracy, and 1 − the Hamming loss",
    each(async (g, n) => {
      const data = many(g, n);
      const accuracy = await m.accuracy(...data);
      const micro = { average: "micro" } as const;
      near(await m.precision(...data, micro), accuracy);
      near(await m.recall(...data, micro), accuracy);
      near(await m.f1Score(...data, micro), accuracy);
      near(1 - (await m.hammingLoss(...data)), accuracy);
      near(await m.recall(...data, { average: "weighted" }), accuracy);
      const matrix = await m.confusionMatrix(...data, { normalize: "all" });
      near(
        matrix.reduce((sum, row, i) => sum + row[i], 0),
        accuracy,
      );
    }),
  );
  test(
    "F1 is the harmonic mean, F-beta lies between precision and recall, Jaccard follows from F1",
    each(async (g, n) => {
      const data = many(g, n);
      const [p, r, f, j, f2] = await Promise.all([
        m.precision(...data, none),
        m.recall(...data, none),
        m.f1Score(...data, none),
        m.jaccardIndex(...data, none),
        m.fbetaScore(...data, { beta: 2, ...none }),
      ]);
      p.forEach((_, c) => {
        near(f[c], p[c] + r[c] === 0 ? 0 : (2 * p[c] * r[c]) / (p[c] + r[c]));
        near(j[c], f[c] / (2 - f[c]));
        expect(f2[c]).toBeLessThanOrEqual(Math.max(p[c], r[c]) + 1e-12);
        expect(f2[c]).toBeGreaterThanOrEqual(Math.min(p[c], r[c]) - 1e-12);
      });
    }),
  );
  test(
    "scores, their classes, and one of two columns say the same",
    each(async (g, n) => {
      const [scores, target] = many(g, n);
      const options = { numClasses: 4, ...none };
      const ofScores = await m.f1Score(scores, target, options);
      expect(await m.f1Score(scores.argmax(1), target, options)).toEqual(ofScores);
      expect(await m.f1Score(scores.log(), target, { input: "logits", ...none })).toEqual(ofScores);
      const [p, yes] = yesNo(g, n);
      const both = p.unsqueeze(1).mul(2).sub(1).mul(-1);
      const columns = both.pad([0, 1]).add(1).div(2);
      const two = columns.slice(1, 0, 1).reshape([n]);
      near(await m.brierScore(p, yes), await m.brierScore(two.neg().add(1), yes));
    }),
  );
  test(
    "agreement is symmetric, and 1 with itself",
    each(async (g, n) => {
      const [a, b] = [classes(n, 4, g), classes(n, 4, g)];
      const options = { numClasses: 4 };
      near(await m.cohenKappa(a, b, options), await m.cohenKappa(b, a, options));
      near(await m.matthewsCorrCoef(a, b, options), await m.matthewsCorrCoef(b, a, options));
      if (new Set(a.dataSync()).size < 2) return;
      for (const weights of [null, "linear", "quadratic"] as const)
        near(await m.cohenKappa(a, a, { ...options, weights }), 1);
      near(await m.matthewsCorrCoef(a, a, options), 1);
    }),
  );
});

describe("scores", () => {
  test(
    "the area is the share of pairs in order, and turns around with the scores",
    each(async (g, n) => {
      const [p, target] = yesNo(g, n);
      const [scores, isYes] = [p.dataSync(), target.dataSync()];
      let pairs = 0;
      let right = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          if (!(isYes[i] && !isYes[j])) continue;
          pairs++;
          right += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
        }
      near(await m.rocAuc(p, target), right / pairs);
      near(await m.rocAuc(p.neg(), target, { input: "logits" }), 1 - right / pairs);
      near(await m.rocAuc(p.mul(3).exp(), target, { input: "logits" }), right / pairs);
    }),
  );
  test(
    "curves rise, and end in the corners",
    each(async (g, n) => {
      const data = yesNo(g, n);
      const { fpr, tpr, thresholds } = (await m.rocCurve(...data)) as m.ROC;
      const { recall, precision } = (await m.precisionRecallCurve(...data)) as m.PrecisionRecall;
      for (let i = 1; i < fpr.length; i++) {
        expect(fpr[i] < fpr[i - 1] || tpr[i] < tpr[i - 1]).toBe(false);
        expect(thresholds[i]).toBeLessThan(thresholds[i - 1]);
      }
      for (let i = 1; i < recall.length; i++) expect(recall[i]).toBeLessThanOrEqual(recall[i - 1]);
      expect([recall.at(-1), precision.at(-1), recall[0]]).toEqual([0, 1, 1]);
    }),
  );
  test(
    "logits are as good as the probabilities they stand for",
    each(async (g, n) => {
      const logits = randn([n, 3], { generator: g }).mul(3);
      const target = classes(n, 3, g);
      const p = logits.softmax(1);
      const options = { input: "logits" } as const;
      near(await m.logLoss(logits, target, options), await m.logLoss(p, target));
      near(await m.brierScore(logits, target, options), await m.brierScore(p, target));
      near(await m.calibrationError(logits, target, options), await m.calibrationError(p, target));
      near(await m.rocAuc(logits, target, options), await m.rocAuc(p, target));
      const yes = target.eq(1).to("int32");
      const x = logits.select(1, 0);
      near(await m.logLoss(x, yes, options), await m.logLoss(x.sigmoid(), yes));
      near(await m.f1Score(x, yes, options), await m.f1Score(x.sigmoid(), yes));
    }),
  );
});

describe("numbers", () => {
  test(
    "the root of the mean square is at least the mean, and at most the greatest",
    each(async (g, n) => {
      const data: [Tensor, Tensor] = [randn([n], { generator: g }), randn([n], { generator: g })];
      const rmse = await m.rootMeanSquaredError(...data);
      near(rmse ** 2, await m.meanSquaredError(...data));
      expect(await m.meanAbsoluteError(...data)).toBeLessThanOrEqual(rmse + 1e-12);
      expect(await m.maxError(...data)).toBeGreaterThanOrEqual(rmse - 1e-12);
    }),
  );
  test(
    "R² is 0 for the mean, explained variance does not see an offset, correlation no scale",
    each(async (g, n) => {
      if (n < 3) return;
      const [p, t] = [randn([n], { generator: g }), randn([n], { generator: g })];
      near(await m.r2Score(t.mean().expand(n), t), 0);
      near(await m.explainedVariance(p.add(7), t), await m.explainedVariance(p, t));
      near(await m.pearsonCorrCoef(p.mul(3).add(7), t), await m.pearsonCorrCoef(p, t));
      near(await m.pearsonCorrCoef(p.neg(), t), -(await m.pearsonCorrCoef(p, t)));
      near(await m.spearmanCorrCoef(p.exp(), t), await m.spearmanCorrCoef(p, t));
    }),
  );
});

import { cpu } from "@dl/backend-cpu";
import { type Backend, setBackend, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  Accuracy,
  accuracy,
  BrierScore,
  ClassificationReport,
  CohenKappa,
  ConfusionMatrix,
  confusionMatrix,
  F1Score,
  f1Score,
  LogLoss,
  logLoss,
  Mean,
  MeanSquaredError,
  MetricCollection,
  Precision,
  precision,
  R2Score,
  Recall,
  ROCAUC,
  RunningMean,
  rocAuc,
  topKAccuracy,
} from "./index.ts";

setBackend(cpu());
const ints = (...list: number[]) => tensor(list, { dtype: "int32" });

beforeAll(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

describe("Accuracy", () => {
  test("counts over batches of any size", () => {
    const metric = new Accuracy();
    metric.update(
      tensor([
        [2, 1],
        [0, 3],
      ]),
      tensor([0, 0]),
    );
    metric.update(tensor([[1, 9]]), tensor([1]));
    expect(metric.computeSync()).toBeCloseTo(2 / 3);
  });
  test("starts anew after reset", async () => {
    const metric = new Accuracy();
    metric.update(tensor([[1, 0]]), tensor([1]));
    metric.reset();
    metric.update(tensor([[1, 0]]), tensor([0]));
    expect(await metric.compute()).toBe(1);
  });
  test("of the k best", () => {
    const metric = new Accuracy({ topK: 2 });
    metric.update(
      tensor([
        [3, 2, 1],
        [3, 2, 1],
        [3, 2, 1],
      ]),
      tensor([0, 1, 2]),
    );
    expect(metric.computeSync()).toBeCloseTo(2 / 3);
  });
  test("of equal scores takes the first class, as argmax does", async () => {
    const [scores, target] = [tensor([[0.2, 0.4, 0.4]]), tensor([1])];
    expect(await accuracy(scores, target)).toBe(1);
    expect(await topKAccuracy(scores, target, { k: 1 })).toBe(1);
    expect(await topKAccuracy(scores, tensor([0]), { k: 2 })).toBe(0);
  });
  test("of the k best for every pixel", async () => {
    const scores = tensor([[[3], [2], [1]]]).expand(1, 3, 2);
    expect(await topKAccuracy(scores, tensor([[1, 2]]))).toBe(0.5);
  });
  test("of probabilities and of logits, by a threshold", () => {
    const metric = new Accuracy();
    metric.update(tensor([0.2, 0.7, 0.5]), tensor([0, 1, 0]));
    expect(metric.computeSync()).toBeCloseTo(2 / 3);
    const ofLogits = new Accuracy({ input: "logits" });
    ofLogits.update(tensor([[0.2], [-3]]), tensor([[1], [0]]));
    expect(ofLogits.computeSync()).toBe(1);
  });
  test("of class numbers, however many there are", async () => {
    expect(await accuracy(ints(7, 3), ints(7, 4))).toBe(0.5);
    expect(await accuracy(tensor([7, 3]), ints(7, 4), { input: "classes" })).toBe(0.5);
    expect(await accuracy(tensor([true, false]), tensor([true, true]))).toBe(0.5);
  });
});

describe("ConfusionMatrix", () => {
  const filled = (normalize: "true" | "pred" | "all" | null = null) => {
    const matrix = new ConfusionMatrix(3, { normalize });
    matrix.update(tensor([0, 2, 2, 1]), tensor([0, 1, 2, 1]));
    matrix.update(tensor([[0.1, 0.8, 0.1]]), tensor([0]));
    return matrix.computeSync();
  };
  test("has true classes in rows and predicted ones in columns", () =>
    expect(filled()).toEqual([
      [1, 1, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]));
  test("normalises by row, by column and by all", () => {
    expect(filled("true")[0]).toEqual([0.5, 0.5, 0]);
    expect(filled("pred").map((row) => row[2])).toEqual([0, 0.5, 0.5]);
    expect(
      filled("all")
        .flat()
        .reduce((a, b) => a + b),
    ).toBeCloseTo(1);
  });
  test("knows the classes of data at hand", async () => {
    expect(await confusionMatrix(tensor([0.9, 0.1]), tensor([1, 1]))).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(await confusionMatrix(ints(0, 1), tensor([1, 1]))).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe("what does not fit is refused", () => {
  const pairs: [why: string, run: () => unknown, message: RegExp][] = [
    [
      "nothing was updated",
      () => new F1Score().computeSync(),
      /F1Score: there is nothing to compute: call update/,
    ],
    [
      "nor is an empty batch something",
      () => {
        const metric = new Recall({ numClasses: 3 });
        metric.update(tensor([], { shape: [0, 3] }), tensor([], { shape: [0] }));
        metric.computeSync();
      },
      /nothing to compute/,
    ],
    ["shapes", () => new Accuracy().update(tensor([[1, 0]]), tensor([1, 0])), /\[1, 2\].*\[2\]/],
    [
      "a column of predictions",
      () => new Precision().update(tensor([[0.1], [0.2]]), tensor([1, 0])),
      /\[2, 1\] does not fit target \[2\].*squeeze\(1\)/,
    ],
    [
      "other numbers of classes",
      () => new F1Score({ numClasses: 4 }).update(tensor([[1, 0]]), tensor([1])),
      /scores of 2 classes, numClasses is 4/,
    ],
    [
      "labels in another number",
      () => new F1Score({ numLabels: 3 }).update(tensor([[1, 0]]), tensor([[1, 0]])),
      /numLabels 3: both have to be \[N, 3/,
    ],
    [
      "numbers",
      () => new MeanSquaredError().update(tensor([[1], [2]]), tensor([1, 2])),
      /\[2, 1\] does not fit target \[2\].*squeeze\(-1\)/,
    ],
    [
      "probabilities above 1",
      () => new F1Score().update(tensor([0.5, 1.5]), tensor([0, 1])),
      /prediction 1.5 is not a probability.*input: "logits"/,
    ],
    [
      "negative probabilities",
      () => new LogLoss().update(tensor([-0.25]), tensor([0])),
      /prediction -0.25 is not a probability/,
    ],
    [
      "NaN among probabilities",
      () => new ROCAUC().update(tensor([Number.NaN]), tensor([0])),
      /prediction NaN is not a probability/,
    ],
    [
      "NaN among logits",
      () => new ROCAUC({ input: "logits" }).update(tensor([Number.NaN]), tensor([0])),
      /prediction NaN is not a number/,
    ],
    [
      "probabilities of classes that do not sum to 1",
      () => new BrierScore().update(tensor([[0.5, 0.25]]), tensor([0])),
      /sum of a sample's probabilities 0.75 is not 1/,
    ],
    [
      "labels out of range",
      () => new Recall({ numClasses: 2 }).update(tensor([[1, 2]]), tensor([2])),
      /target 2 is not one of the classes 0 … 1/,
    ],
    [
      "more classes than yes and no",
      () => new Recall().update(ints(0, 1), ints(0, 2)),
      /target 2 is not one of the classes 0 … 1: numClasses says/,
    ],
    [
      "labels that are no whole numbers",
      () => new Recall().update(tensor([0.5]), tensor([0.5])),
      /target 0.5/,
    ],
    [
      "classes that a matrix does not have",
      () => new ConfusionMatrix(2).update(tensor([0, 2]), tensor([0, 1])),
      /prediction 2.*0 … 1/,
    ],
    [
      "probabilities in place of classes",
      () => new ConfusionMatrix(2).update(tensor([0.7]), tensor([1])),
      /prediction 0.7.*input: "probabilities"/,
    ],
    [
      "class numbers where scores are wanted",
      () => new LogLoss({ numClasses: 3 }).update(tensor([1]), tensor([1])),
      /for 3 classes a score of each is wanted/,
    ],
    [
      "another number of classes later",
      () => {
        const metric = new F1Score();
        metric.update(tensor([[1, 0]]), tensor([0]));
        metric.update(tensor([[1, 0, 0]]), tensor([0]));
      },
      /same number of classes/,
    ],
    ["options", () => new F1Score({ average: "mean" as never }), /average mean is none of/],
    ["options", () => new F1Score({ zeroDivision: 2 }), /zeroDivision 2 is none of/],
    ["options", () => new F1Score({ average: "samples" }), /"samples" is for labels/],
    ["options", () => new F1Score({ threshold: 3 }).update(ints(0), ints(0)), /threshold 3/],
    ["options", () => new CohenKappa({ weights: "cubic" as never }), /weights cubic/],
    ["options", () => new ConfusionMatrix(1), /numClasses 1 has to be a whole number from 2/],
    ["options", () => new RunningMean(0), /window 0/],
    [
      "options",
      () => new ROCAUC({ multiClass: "ovo", average: "none" }),
      /not for multiClass "ovo"/,
    ],
    [
      "an average for yes and no",
      () => {
        const metric = new F1Score({ average: "binary" });
        metric.update(tensor([[1, 0, 0]]), tensor([0]));
        metric.computeSync();
      },
      /average "binary" is for yes and no, these are 3 classes/,
    ],
    [
      "names of classes",
      () => {
        const metric = new ClassificationReport({ targetNames: ["a"] });
        metric.update(ints(0), ints(0));
        metric.computeSync();
      },
      /1 targetNames for 2 classes/,
    ],
  ];
  for (const [why, run, message] of pairs)
    test(`${why}: ${message.source}`, () => expect(run).toThrow(message));

  test("functional forms reject", async () => {
    await expect(f1Score(tensor([2]), tensor([1]))).rejects.toThrow(/not a probability/);
  });
});

describe("a device that cannot be read at once", () => {
  const faraway = (): Backend =>
    Object.create(cpu(), { readSync: { value: undefined }, name: { value: "faraway" } });

  test("is not waited for before compute()", async () => {
    const device = faraway();
    const read = vi.spyOn(device, "read");
    const all = new MetricCollection({
      f1: new F1Score(),
      matrix: new ConfusionMatrix(2, { input: "probabilities" }),
      loss: new LogLoss(),
    });
    for (let i = 0; i < 3; i++)
      all.update(tensor([0.25, 0.75, 0.5], { device }), tensor([0, 1, 0], { device }));
    expect(read).not.toHaveBeenCalled();
    const { f1, matrix } = await all.compute();
    expect(f1).toBeCloseTo(2 / 3);
    expect(matrix).toEqual([
      [3, 3],
      [0, 3],
    ]);
  });
  test("is told of faults by compute(), also of merged ones", async () => {
    const device = faraway();
    const batch = (metric: { update(...a: any[]): void }, p: number[], t: number[]) =>
      metric.update(tensor(p, { device }), tensor(t, { device }));
    const matrix = new ConfusionMatrix(3);
    batch(matrix, [0, 1], [0, 1]);
    await matrix.compute();
    batch(matrix, [0, 7], [0, 1]);
    batch(matrix, [1, 1], [0, 1]);
    await expect(matrix.compute()).rejects.toThrow(
      /prediction of some batch is not one of the classes 0 … 2/,
    );
    await expect(new ConfusionMatrix(3).merge(matrix).compute()).rejects.toThrow(/of some batch/);
    matrix.reset();
    batch(matrix, [2], [2]);
    expect((await matrix.compute())[2][2]).toBe(1);
    const auc = new ROCAUC();
    batch(auc, [0.5, 3], [0, 1]);
    await expect(auc.compute()).rejects.toThrow(/not a probability/);
  });
  test("may lack float64", async () => {
    const device = Object.create(cpu(), {
      dtypes: { value: new Set(["float32", "int32", "bool", "uint8"]) },
    });
    const on = (list: number[]) => tensor(list, { device });
    const metrics = new MetricCollection({ mse: new MeanSquaredError(), r2: new R2Score() });
    metrics.update(on([1, 2, 3]), on([1, 2, 5]));
    metrics.update(on([4]), on([4]));
    const { mse, r2 } = await metrics.compute();
    expect(mse).toBeCloseTo(1);
    expect(r2).toBeCloseTo(0.6);
    expect(await logLoss(on([0.5, 0.5]), on([0, 1]))).toBeCloseTo(Math.LN2);
    const labels = await f1Score(tensor([[0.9, 0.8]], { device }), tensor([[1, 0]], { device }), {
      numLabels: 2,
      average: "samples",
    });
    expect(labels).toBeCloseTo(2 / 3);
  });
});

describe("Mean and RunningMean", () => {
  test("of numbers and of tensors", () => {
    const mean = new Mean();
    mean.update(1);
    mean.update(
      tensor([
        [2, 3],
        [4, 5],
      ]),
    );
    expect(mean.computeSync()).toBe(3);
    mean.update(tensor(0), { weight: 5 });
    expect(mean.computeSync()).toBe(1.5);
  });
  test("of a loss that has a history, without keeping it", () => {
    const mean = new Mean();
    mean.update(tensor(2, { requiresGrad: true }).mul(2));
    expect(mean.computeSync()).toBe(4);
  });
  test("sum in float64", () => {
    const mean = new Mean();
    mean.update(tensor(2 ** 24));
    for (let i = 0; i < 4; i++) mean.update(tensor(1));
    expect(mean.computeSync()).toBe((2 ** 24 + 4) / 5);
  });
  test("the last ones only, also after merge", () => {
    const [a, b] = [new RunningMean(3), new RunningMean(3)];
    for (const x of [10, 1, 2]) a.update(x);
    for (const x of [30, 4, 5]) b.update(x);
    b.update(6);
    expect(a.computeSync()).toBeCloseTo(13 / 3);
    expect(b.computeSync()).toBe(5);
    expect(a.merge(b).computeSync()).toBe(5);
  });
});

describe("MetricCollection", () => {
  const filled = () => {
    const all = new MetricCollection({
      accuracy: new Accuracy(),
      perClass: new Recall({ average: "none" }),
      matrix: new ConfusionMatrix(2),
      report: new ClassificationReport(),
    });
    all.update(ints(1, 0, 1, 0), ints(1, 1, 1, 0));
    return all;
  };
  test("gives all results by name", async () => {
    const { accuracy, perClass, matrix } = await filled().compute();
    const typed: [number, number[], number[][]] = [accuracy, perClass, matrix];
    expect(typed).toEqual([
      0.75,
      [1, 2 / 3],
      [
        [1, 0],
        [1, 2],
      ],
    ]);
  });
  test("prints a table", async () => {
    const print = vi.spyOn(console, "log").mockReturnValue();
    await filled().print({ digits: 2 });
    const [[text]] = print.mock.calls;
    print.mockRestore();
    expect(text.split("\n").slice(0, 5)).toEqual([
      "accuracy  0.75",
      "perClass  1  0.67",
      "matrix    1  0",
      "          1  2",
      "report                  precision    recall  f1-score   support",
    ]);
  });
  test("merges and resets all of them", () => {
    const both = filled().merge(filled());
    expect(both.computeSync().matrix).toEqual([
      [2, 0],
      [2, 4],
    ]);
    both.reset();
    expect(() => both.computeSync()).toThrow(/nothing to compute/);
  });
});

test("the average decides about the type", async () => {
  const data = [ints(1, 0), ints(1, 1)] as const;
  const one: number = await precision(...data);
  const list: number[] = await precision(...data, { average: "none" });
  // @ts-expect-error a list
  const wrong: number = await precision(...data, { average: "none" });
  expect([one, list, wrong]).toEqual([1, [0, 1], [0, 1]]);
});
test("0 / 0 gives a warning unless it is said what it is", async () => {
  const warn = vi.mocked(console.warn);
  class Quiet extends Precision {}
  class Loud extends Precision {}
  warn.mockClear();
  for (const metric of [new Quiet({ zeroDivision: 0 }), new Loud(), new Loud()]) {
    metric.update(ints(0, 0), ints(0, 1));
    expect(metric.computeSync()).toBe(0);
  }
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0][0]).toMatch(/^dl: Loud: .*zeroDivision/);
});
test("many updates hold no more memory than one", () => {
  const device = cpu();
  const [p, t] = [tensor([0.25, 0.75], { device }), tensor([0, 1], { device })];
  const metrics = new MetricCollection({
    f1: new F1Score(),
    loss: new LogLoss(),
    r2: new R2Score(),
  });
  metrics.update(p, t);
  metrics.update(p, t);
  const { buffers } = device.memory();
  for (let i = 0; i < 20; i++) metrics.update(p, t);
  expect(device.memory().buffers).toBe(buffers);
  metrics.reset();
  expect(device.memory().buffers).toBeLessThan(buffers);
});
test("predictions may require a gradient", async () => {
  const p = tensor([0.25, 0.75], { requiresGrad: true });
  expect(await rocAuc(p.mul(1), tensor([0, 1]))).toBe(1);
  expect(await logLoss(p, tensor([0, 1]))).toBeCloseTo(-Math.log(0.75));
});

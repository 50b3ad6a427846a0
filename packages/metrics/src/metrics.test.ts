import { cpu } from "@dl/backend-cpu";
import { setBackend, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { Accuracy, ConfusionMatrix } from "./index.ts";

setBackend(cpu());

describe("Accuracy", () => {
  test("counts over batches of any size", () => {
    const accuracy = new Accuracy();
    accuracy.update(
      tensor([
        [2, 1],
        [0, 3],
      ]),
      tensor([0, 0]),
    );
    accuracy.update(tensor([[1, 9]]), tensor([1]));
    expect(accuracy.computeSync()).toBeCloseTo(2 / 3);
  });
  test("of nothing is NaN, and reset starts anew", async () => {
    const accuracy = new Accuracy();
    expect(await accuracy.compute()).toBeNaN();
    accuracy.update(tensor([[1, 0]]), tensor([1]));
    accuracy.reset();
    accuracy.update(tensor([[1, 0]]), tensor([0]));
    expect(await accuracy.compute()).toBe(1);
  });
  test("of the k best", () => {
    const accuracy = new Accuracy({ topK: 2 });
    accuracy.update(
      tensor([
        [3, 2, 1],
        [3, 2, 1],
        [3, 2, 1],
      ]),
      tensor([0, 1, 2]),
    );
    expect(accuracy.computeSync()).toBeCloseTo(2 / 3);
  });
  test("of probabilities and of logits, by a threshold", () => {
    const accuracy = new Accuracy();
    accuracy.update(tensor([0.2, 0.7, 0.5]), tensor([0, 1, 0]));
    expect(accuracy.computeSync()).toBeCloseTo(2 / 3);
    const ofLogits = new Accuracy({ threshold: 0 });
    ofLogits.update(tensor([[0.2], [-3]]), tensor([[1], [0]]));
    expect(ofLogits.computeSync()).toBe(1);
  });
  test("of two parts merged is that of the whole", () => {
    const [a, b] = [new Accuracy(), new Accuracy()];
    a.update(tensor([[1, 0]]), tensor([0]));
    b.update(
      tensor([
        [1, 0],
        [1, 0],
      ]),
      tensor([1, 1]),
    );
    expect(a.merge(b).computeSync()).toBeCloseTo(1 / 3);
  });
  test("names both shapes when they do not fit", () =>
    expect(() => new Accuracy().update(tensor([[1, 0]]), tensor([1, 0]))).toThrow(
      /\[1, 2\].*\[2\]/,
    ));
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
  test("refuses classes that it does not have", () =>
    expect(() => new ConfusionMatrix(2).update(tensor([0, 2]), tensor([0, 1]))).toThrow(
      /prediction 2.*0 … 1/,
    ));
});

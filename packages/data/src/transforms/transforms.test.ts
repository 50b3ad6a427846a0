import { cpu } from "@dl/backend-cpu";
import {
  Generator,
  manualSeed,
  ones,
  rand,
  setBackend,
  stack,
  Tensor,
  tensor,
  zeros,
} from "@dl/tensor";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DataLoader, MapDataset, TensorDataset } from "../index.ts";
import * as T from "./index.ts";

beforeEach(() => {
  setBackend(cpu());
  manualSeed(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Apply = (x: Tensor) => Tensor;
/** By name, of images [3, 16, 12]. */
const ALL: Record<string, () => Apply> = {
  resize: () => new T.Resize([8, 9]),
  centerCrop: () => new T.CenterCrop(8),
  pad: () => new T.Pad([1, 2], { paddingMode: "symmetric" }),
  randomCrop: () => new T.RandomCrop([9, 10]),
  paddedCrop: () => new T.RandomCrop(16, { padding: 4, fill: [0.1, 0.2, 0.3] }),
  mirroredCrop: () => new T.RandomCrop(12, { padding: 3, paddingMode: "reflect" }),
  resizedCrop: () => new T.RandomResizedCrop(7),
  bicubicCrop: () => new T.RandomResizedCrop([7, 20], { interpolation: "bicubic" }),
  nearestCrop: () => new T.RandomResizedCrop([7, 20], { interpolation: "nearest" }),
  plainCrop: () => new T.RandomResizedCrop([7, 20], { antialias: false }),
  horizontalFlip: () => new T.RandomHorizontalFlip(),
  verticalFlip: () => new T.RandomVerticalFlip(),
  rotation: () => new T.RandomRotation(45, { interpolation: "bilinear", fill: 0.5 }),
  affine: () => new T.RandomAffine(20, { translate: [0.2, 0.2], scale: [0.8, 1.2], shear: 10 }),
  perspective: () => new T.RandomPerspective(),
  elastic: () => new T.ElasticTransform({ sigma: 1 }),
  jitter: () => new T.ColorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
  grayscale: () => new T.RandomGrayscale({ p: 0.5 }),
  invert: () => new T.RandomInvert(),
  posterize: () => new T.RandomPosterize(3),
  solarize: () => new T.RandomSolarize(0.5),
  sharpness: () => new T.RandomAdjustSharpness(2),
  autocontrast: () => new T.RandomAutocontrast(),
  equalize: () => new T.RandomEqualize(),
  blur: () => new T.GaussianBlur(5),
  noise: () => new T.GaussianNoise(),
  erasing: () => new T.RandomErasing({ p: 0.7 }),
  noisyErasing: () => new T.RandomErasing({ p: 0.7, value: "random" }),
  cutout: () => new T.Cutout(6, { nHoles: 2 }),
  autoAugment: () => new T.AutoAugment(),
  cifarAugment: () => new T.AutoAugment({ policy: "cifar10", interpolation: "bilinear" }),
  svhnAugment: () => new T.AutoAugment({ policy: "svhn", fill: 0.5 }),
  randAugment: () => new T.RandAugment(),
  trivialAugment: () => new T.TrivialAugmentWide(),
};
const images = (n = 6): Tensor => rand(n, 3, 16, 12, { generator: new Generator(7) });

describe.each(Object.entries(ALL))("%s", (_, make) => {
  test("a batch becomes what its images become one by one", () => {
    const x = images();
    const t = make();
    manualSeed(1);
    const batch = t(x);
    manualSeed(1);
    const each = stack(Array.from({ length: 6 }, (_, i) => t(x.select(0, i))));
    expect(batch.shape).toEqual(each.shape);
    expect(batch.sub(each).abs().amax().itemSync()).toBeLessThan(2e-6);
  });
  test("the same seed gives the same images, and the image given stays as it is", () => {
    const x = images();
    const before = x.clone();
    const t = make();
    const twice = [0, 1].map(() => {
      manualSeed(5);
      return t(x).dataSync();
    });
    expect(twice[0]).toEqual(twice[1]);
    expect(x.dataSync()).toEqual(before.dataSync());
  });
  test("bytes stay bytes, close to what floats become", () => {
    const x = images().mul(255).to("uint8");
    const t = make();
    manualSeed(2);
    const bytes = t(x);
    expect(bytes.dtype).toBe("uint8");
    expect(bytes.shape).toEqual(t(images()).shape);
  });
  test("nothing is read from the device", () => {
    const x = images();
    const t = make();
    vi.spyOn(Tensor.prototype, "dataSync").mockImplementation(() => {
      throw new Error("read");
    });
    t(x);
  });
});

describe("samples", () => {
  const flip = new T.RandomHorizontalFlip({ p: 1 });

  test("the first tensor of an array or an object is the image", () => {
    const image = tensor([[[1, 2]]]);
    const [x, label] = flip([image, 3] as const);
    expect(x.tolistSync()).toEqual([[[2, 1]]]);
    expect(label).toBe(3);
    const sample = flip({ id: "a", image, label: tensor(1) });
    expect(sample.image.tolistSync()).toEqual([[[2, 1]]]);
    expect(sample.id).toBe("a");
  });
  test("a transform is a function for MapDataset, and for batches of a loader", () => {
    const data = new TensorDataset(rand(5, 1, 4, 4), tensor([0, 1, 2, 3, 4]));
    const mapped = new MapDataset(data, flip);
    const loader = new DataLoader(mapped, { batchSize: 5 });
    const plain = new DataLoader(data, { batchSize: 5 });
    const [[x, y]] = [...loader];
    const [batch] = [...plain];
    expect(x.tolistSync()).toEqual(flip(batch)[0].tolistSync());
    expect(y.tolistSync()).toEqual([0, 1, 2, 3, 4]);
  });
  test("a generator of its own is not that of manualSeed", () => {
    const t = new T.RandomCrop(2, { generator: new Generator(3) });
    const x = rand(1, 6, 6, { generator: new Generator(1) });
    const state = rand(1).itemSync();
    manualSeed(0);
    const first = t(x).tolistSync();
    expect(rand(1).itemSync()).toBe(state);
    expect(new T.RandomCrop(2, { generator: new Generator(3) })(x).tolistSync()).toEqual(first);
  });
});

describe("containers", () => {
  /** A mark on every image that it is applied to. */
  const plus = (n: number) => new T.Lambda((x: Tensor) => x.add(n));
  const marks = (t: Apply, n = 4000): number[] => [...t(zeros(n, 1, 1, 1)).dataSync()];
  const share = (list: readonly number[], mark: number): number =>
    list.filter((x) => x === mark).length / list.length;

  test("RandomApply decides for each image", () => {
    const list = marks(new T.RandomApply([plus(1), plus(2)], { p: 0.3 }));
    expect(share(list, 3)).toBeCloseTo(0.3, 1);
    expect(share(list, 0) + share(list, 3)).toBe(1);
  });
  test("RandomChoice chooses in proportion to p", () => {
    const list = marks(new T.RandomChoice([plus(1), plus(2), plus(3)], { p: [1, 0, 3] }));
    expect(share(list, 1)).toBeCloseTo(0.25, 1);
    expect(share(list, 2)).toBe(0);
    expect(share(list, 3)).toBeCloseTo(0.75, 1);
  });
  test("RandomOrder uses every order equally often", () => {
    const twice = new T.Lambda((x: Tensor) => x.mul(2));
    const list = marks(new T.RandomOrder([plus(1), twice]));
    expect(share(list, 2)).toBeCloseTo(0.5, 1);
    expect(share(list, 1)).toBeCloseTo(0.5, 1);
  });
  test("one of MixUp and CutMix is drawn for the whole batch, with its labels", () => {
    const mix = new T.RandomChoice([
      new T.MixUp({ numClasses: 3 }),
      new T.CutMix({ numClasses: 3 }),
    ]);
    const [x, y] = mix([rand(4, 1, 6, 6), tensor([0, 1, 2, 0])]);
    expect(x.shape).toEqual([4, 1, 6, 6]);
    expect(y.shape).toEqual([4, 3]);
  });
  test("images of a batch that would get different sizes are refused", () => {
    const some = new T.RandomApply([new T.Pad(1)]);
    expect(() => some(zeros(20, 1, 2, 2))).toThrow(
      /RandomApply: the images of a batch stay equal in size/,
    );
  });
});

describe("draws", () => {
  const SIZE = [3, 20, 30] as const;
  const many = <P>(t: T.Transform<P>, n = 3000): P[] =>
    Array.from({ length: n }, () => t.makeParams(SIZE));
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const variance = (list: readonly number[]): number =>
    mean(list.map((x) => (x - mean(list)) ** 2));
  /** Mean and variance of a uniform distribution, within five standard errors. */
  const expectUniform = (list: readonly number[], from: number, to: number): void => {
    expect(Math.min(...list)).toBeGreaterThanOrEqual(from);
    expect(Math.max(...list)).toBeLessThanOrEqual(to);
    const v = (to - from) ** 2 / 12;
    expect(Math.abs(mean(list) - (from + to) / 2)).toBeLessThan(5 * Math.sqrt(v / list.length));
    expect(Math.abs(variance(list) / v - 1)).toBeLessThan(0.1);
  };

  test("angles, factors and widths of blur are uniform", () => {
    expectUniform(many(new T.RandomRotation(30)), -30, 30);
    expectUniform(many(new T.GaussianBlur(3, { sigma: [0.5, 2] })), 0.5, 2);
    const jitter = many(new T.ColorJitter({ brightness: 0.5, contrast: [0.8, 3], hue: 0.2 }));
    expectUniform(
      jitter.map((p) => p.factors.brightness!),
      0.5,
      1.5,
    );
    expectUniform(
      jitter.map((p) => p.factors.contrast!),
      0.8,
      3,
    );
    expectUniform(
      jitter.map((p) => p.factors.hue!),
      -0.2,
      0.2,
    );
    const first = jitter.filter((p) => p.order[0] === "hue").length;
    expect(first / jitter.length).toBeCloseTo(1 / 3, 1);
  });
  test("corners of crops are uniform", () => {
    const corners = many(new T.RandomCrop([10, 10]));
    const [top, left] = [0, 1].map((k) => corners.map((c) => c[k]));
    expect(new Set(top).size).toBe(11);
    expect(new Set(left).size).toBe(21);
    expect(Math.abs(mean(top) - 5)).toBeLessThan(0.3);
    expect(Math.abs(mean(left) - 10)).toBeLessThan(0.6);
  });
  test("areas and shapes of resized crops are what was asked for", () => {
    const t = new T.RandomResizedCrop(4, { scale: [0.1, 0.3], ratio: [0.5, 2] });
    const boxes = many(t);
    expectUniformly(boxes.map(([, , h, w]) => (h * w) / 600));
    const ratios = boxes.map(([, , h, w]) => Math.log2(w / h));
    expect(Math.abs(mean(ratios))).toBeLessThan(0.06);
    expect(Math.max(...ratios.map(Math.abs))).toBeLessThan(1.2);
    function expectUniformly(areas: readonly number[]): void {
      expect(Math.abs(mean(areas) - 0.2)).toBeLessThan(0.01);
      expect(variance(areas) / (0.2 ** 2 / 12)).toBeCloseTo(1, 0);
    }
  });
  test("as many images are changed as p says", () => {
    const flipped = new T.RandomHorizontalFlip({ p: 0.2 })(
      tensor([[[0, 1]]]).expand(4000, 1, 1, 2),
    );
    expect(flipped.select(-1, 0).mean().itemSync()).toBeCloseTo(0.2, 1);
  });
  test("policies use all their ops equally often", () => {
    const steps = many(new T.RandAugment(), 4000).flat();
    const counts = new Map<string, number>();
    for (const [op] of steps) counts.set(op, (counts.get(op) ?? 0) + 1);
    expect(counts.size).toBe(14);
    for (const count of counts.values())
      expect(Math.abs(count / (8000 / 14) - 1)).toBeLessThan(0.25);
    const angles = steps.filter(([op]) => op === "Rotate").map(([, m]) => m);
    expect(new Set(angles)).toEqual(new Set([-9, 9]));
  });
  test("noise has the mean and the standard deviation asked for", () => {
    const t = new T.GaussianNoise({ mean: 0.1, sigma: 0.3, clip: false });
    const noise = [...t(zeros(1, 100, 100)).dataSync()];
    expect(mean(noise)).toBeCloseTo(0.1, 1);
    expect(Math.sqrt(variance(noise))).toBeCloseTo(0.3, 1);
  });
  test("the parts of MixUp are drawn from Beta(α, α)", () => {
    for (const alpha of [0.3, 1, 4]) {
      const t = new T.MixUp({ alpha, numClasses: 2 });
      const parts = Array.from(
        { length: 1500 },
        () => t([zeros(2, 1, 1, 1), tensor([0, 1])])[1].dataSync()[0],
      );
      expect(Math.abs(mean(parts) - 0.5)).toBeLessThan(0.05);
      expect(Math.abs(variance(parts) * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.15);
    }
  });
});

describe("mixed batches", () => {
  test("labels of MixUp and CutMix add up to one", () => {
    for (const Mix of [T.MixUp, T.CutMix])
      for (let i = 0; i < 20; i++) {
        const [, y] = new Mix({ numClasses: 5 })([rand(3, 1, 7, 5), tensor([0, 4, 2])]);
        for (const sum of y.sum({ dim: 1 }).dataSync()) expect(sum).toBeCloseTo(1, 6);
      }
  });
  test("the label's part is the area that CutMix leaves", () => {
    const cutmix = new T.CutMix({ numClasses: 2 });
    for (let i = 0; i < 30; i++) {
      // Black images of class 0, white ones of class 1.
      const x = stack([zeros(1, 9, 8), ones(1, 9, 8)]);
      const [images, labels] = cutmix([x, tensor([0, 1])]);
      const white = images.mean({ dim: [1, 2, 3] }).dataSync();
      const ofClass1 = labels.select(1, 1).dataSync();
      expect(white[0]).toBeCloseTo(ofClass1[0], 6);
      expect(white[1]).toBeCloseTo(ofClass1[1], 6);
    }
  });
  test("labels are found second, by name, or by a function", () => {
    const mix = new T.MixUp({ numClasses: 2 });
    const sample = mix({ image: rand(2, 1, 2, 2), label: tensor([0, 1]), id: ["a", "b"] });
    expect(sample.label.shape).toEqual([2, 2]);
    expect(sample.id).toEqual(["a", "b"]);
    const own = new T.MixUp({ numClasses: 2, labelsGetter: (s) => s.y });
    expect(own({ x: rand(2, 1, 2, 2), y: tensor([0, 1]) }).y.shape).toEqual([2, 2]);
    expect(() => mix({ x: rand(2, 1, 2, 2) })).toThrow(/there are no labels/);
  });
  test("what does not fit is refused with what to do", () => {
    expect(() => new T.MixUp()([rand(2, 1, 2, 2), tensor([0, 1])])).toThrow(/want numClasses/);
    const mix = new T.MixUp({ numClasses: 2 });
    expect(() => mix([rand(1, 2, 2), tensor([0, 1])])).toThrow(/use it after the loader/);
    const bytes = zeros(2, 1, 2, 2, { dtype: "uint8" });
    expect(() => mix([bytes, tensor([0, 1])])).toThrow(/ToDtype/);
  });
  test("one-hot and smoothed labels", () => {
    expect(new T.OneHot(3)(tensor([2, 0])).tolistSync()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    const [, y] = new T.LabelSmoothing(0.3, { numClasses: 3 })([zeros(1, 1, 1), 1]);
    expect((y as unknown as Tensor).dataSync()).toEqual(Float32Array.of(0.1, 0.8, 0.1));
    const rows = new T.LabelSmoothing(0.5)(tensor([[0, 1]]));
    expect(rows.tolistSync()).toEqual([[0.25, 0.75]]);
  });
});

describe("what is wrong is said", () => {
  const x = () => zeros(2, 3, 4, 4);
  test.each<[string, () => unknown, RegExp]>([
    [
      "a plane",
      () => T.functional.invert(x()) && T.functional.solarize(zeros(4, 4), 1),
      /\[C, H, W\]/,
    ],
    ["channels last", () => T.functional.adjustHue(zeros(4, 4, 2), 0.1), /1 or 3 channels/],
    [
      "values for other images",
      () => T.functional.adjustBrightness(x(), [1, 2, 3]),
      /3 values for the 2/,
    ],
    ["a crop too large", () => new T.RandomCrop(5)(x()), /larger than the image of 4 × 4/],
    ["a kernel too large", () => new T.GaussianBlur(9)(x()), /reaches beyond/],
    ["an even kernel", () => new T.GaussianBlur(2)(x()), /odd/],
    ["a probability", () => new T.RandomInvert({ p: 2 }), /RandomInvert: p is a probability/],
    ["no transforms", () => new T.Compose([]), /Compose: pass at least one/],
    ["no image", () => new T.RandomInvert()(["a"]), /there is no image/],
    ["bytes to normalize", () => new T.Normalize([0], [1])(x().to("uint8")), /toDtype/],
    ["a zero", () => new T.Normalize([0], [0])(x()), /divides by zero/],
    [
      "an unknown policy",
      () => new T.AutoAugment({ policy: "mnist" as "svhn" }),
      /imagenet, cifar10, svhn/,
    ],
  ])("%s", (_, run, message) => expect(run).toThrow(message));
});

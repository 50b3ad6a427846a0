import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { layerNorm } from "@dl/nn/functional";
import { Adam, SGD } from "@dl/optim";
import {
  avgPool2d,
  type Backend,
  conv2d,
  logSoftmax,
  manualSeed,
  maxPool2d,
  randn,
  setBackend,
  softmax,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { testedGpu } from "./testing.ts";

const found = await testedGpu();
const gpu = found as Backend;
afterAll(() => setBackend(cpu()));

/** What `run` gives on the GPU and on the CPU, from the same seed. */
async function onBoth<T>(run: () => Promise<T>): Promise<[T, T]> {
  const results: T[] = [];
  for (const backend of [gpu, cpu()]) {
    setBackend(backend);
    manualSeed(3);
    results.push(await run());
  }
  return results as [T, T];
}
function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 2e-5): void {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < b.length; i++)
    if (!(Math.abs(a[i] - b[i]) <= tolerance * (1 + Math.abs(b[i]))))
      throw new Error(`element ${i} is ${a[i]}, on the CPU ${b[i]}`);
}

/** The result and the operands' gradients, of random operands. */
async function compare(shapes: number[][], call: (...x: Tensor[]) => Tensor): Promise<void> {
  const [a, b] = await onBoth(async () => {
    const x = shapes.map((s) => randn(s).requiresGrad_());
    const y = call(...x);
    y.mul(randn(y.shape)).sum().backward();
    return Promise.all([y.data(), ...x.map((t) => t.grad!.data())]);
  });
  a.forEach((values, i) => expectClose(values, b[i]));
}

describe.skipIf(typeof found === "string")("kernels for composite ops, with gradients", () => {
  const convolutions: [string, number[][], Parameters<typeof conv2d>[2]][] = [
    [
      "a plain one",
      [
        [2, 3, 9, 8],
        [5, 3, 3, 3],
      ],
      {},
    ],
    [
      "padding and steps",
      [
        [2, 3, 9, 8],
        [5, 3, 3, 2],
      ],
      { padding: [1, 2], stride: [2, 3] },
    ],
    [
      "dilation",
      [
        [1, 2, 12, 11],
        [4, 2, 3, 3],
      ],
      { dilation: [2, 3], padding: 2 },
    ],
    [
      "groups",
      [
        [2, 6, 7, 7],
        [9, 2, 3, 3],
      ],
      { groups: 3, padding: 1 },
    ],
    [
      "depthwise",
      [
        [2, 8, 7, 7],
        [8, 1, 3, 3],
      ],
      { groups: 8, padding: 1, stride: 2 },
    ],
    [
      "wide enough for large tiles",
      [
        [4, 33, 12, 12],
        [40, 33, 3, 3],
      ],
      { padding: 1 },
    ],
  ];
  test.each(convolutions)("convolution: %s", (_, shapes, options) =>
    compare(shapes, (x, w) => conv2d(x, w, options)),
  );
  test("convolution of what is transposed, with a bias", () =>
    compare([[3, 8, 7, 2], [3, 3, 2, 4], [4]], (x, w, bias) =>
      conv2d(x.permute(3, 0, 2, 1), w.permute(3, 0, 2, 1).narrow(1, 0, 3), { bias }),
    ));
  test.each([
    [2, {}],
    [3, { stride: 2, padding: 1 }],
    [2, { dilation: 2, stride: 1 }],
    [3, { ceilMode: true }],
  ])("maxPool2d of %i, %o", (size, options) =>
    compare([[2, 3, 9, 10]], (x) => maxPool2d(x, size, options)),
  );
  test.each([
    [2, {}],
    [3, { stride: 2, padding: 1 }],
    [3, { stride: 2, padding: 1, countIncludePad: false, ceilMode: true }],
  ])("avgPool2d of %i, %o", (size, options) =>
    compare([[2, 3, 9, 10]], (x) => avgPool2d(x, size, options)),
  );
  test.each([
    [[5, 7], 1],
    [[3, 200, 2], 1],
    [[2, 3, 500], 2],
    [[5000, 3], 1],
  ])("softmax and logSoftmax of %o along %i", async (shape, dim) => {
    await compare([shape], (x) => softmax(x, dim));
    await compare([shape], (x) => logSoftmax(x, dim));
  });
  test.each([
    [4, 10],
    [3, 700],
    [5000, 4],
  ])("layerNorm of %i rows of %i", async (rows, size) => {
    await compare([[rows, size]], (x) => layerNorm(x, [size]));
    await compare([[rows, size], [size], [size]], (x, weight, bias) =>
      layerNorm(x, [size], { weight, bias }),
    );
  });
  test.each([
    [4, 10],
    [3, 700],
  ])("cross-entropy of %i rows of %i classes", (rows, classes) =>
    compare([[rows, classes]], (x) =>
      crossEntropy(x, tensor(Array.from({ length: rows }, (_, i) => (i * 37) % classes))),
    ),
  );
});

describe.skipIf(typeof found === "string")("training", () => {
  class Net extends nn.Module {
    features = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1 }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 3),
      new nn.GELU(),
      new nn.Flatten(),
    );
    head = new nn.Sequential(new nn.LayerNorm(64), new nn.Linear(64, 4));
    forward(x: Tensor) {
      return this.head(this.features(x));
    }
  }

  test.each([
    ["Adam", (p: Iterable<nn.Parameter>) => new Adam(p, { lr: 3e-3, weightDecay: 1e-3 })],
    ["SGD", (p: Iterable<nn.Parameter>) => new SGD(p, { lr: 0.05, momentum: 0.9 })],
  ])(
    "a convolutional network by %s goes as on the CPU, and leaves no memory behind",
    async (_, make) => {
      const [onGpu, onCpu] = await onBoth(async () => {
        const model = new Net();
        const optimizer = make(model.parameters());
        const images = randn(12, 1, 8, 8);
        const labels = tensor(Array.from({ length: 12 }, (_, i) => i % 4));
        const losses: number[] = [];
        const buffers: number[] = [];
        for (let i = 0; i < 8; i++) {
          optimizer.zeroGrad();
          const logits = model(images);
          const loss = crossEntropy(logits, labels);
          loss.backward();
          optimizer.step();
          losses.push(await loss.item());
          logits.dispose();
          loss.dispose();
          buffers.push(loss.device.memory().buffers);
        }
        // What an earlier test dropped may be collected meanwhile.
        expect(buffers.at(-1)!).toBeLessThanOrEqual(buffers[2]);
        return losses;
      });
      expectClose(onGpu, onCpu, 2e-4);
      expect(onGpu.at(-1)!).toBeLessThan(onGpu[0] / 2);
    },
  );
});

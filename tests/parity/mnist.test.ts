/** The tutorials' programs, as a beginner writes them, print PyTorch's losses. */
import "@dl/autograd";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { DataLoader } from "@dl/data";
import { mnist } from "@dl/data/node";
import { binaryCrossEntropyWithLogits, crossEntropy, l1Loss, nllLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, SGD } from "@dl/optim";
import { type Backend, linspace, manualSeed, setBackend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { testedGpu } from "../../packages/backend-webgpu/src/testing.ts";
import { type FixtureTensor, fixture, numbers } from "./fixture.ts";

interface Run {
  readonly model: "mlp" | "cnn";
  readonly optimizer: "Adam" | "SGD";
  readonly options: object;
  readonly weights: Record<string, { sha256: string; first: FixtureTensor }>;
  readonly batches: { labels: FixtureTensor; sum: number }[];
  readonly losses: number[];
  /** The same program in float64. */
  readonly lossesInDouble: number[];
}

const MODELS = {
  mlp: () =>
    new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(784, 512),
      new nn.ReLU(),
      new nn.Linear(512, 10),
      new nn.LogSoftmax({ dim: 1 }),
    ),
  cnn: () =>
    new nn.Sequential(
      new nn.Conv2d(1, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(32, 64, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(64 * 7 * 7, 10),
    ),
};
const LOSSES = { mlp: nllLoss, cnn: crossEntropy };
const OPTIMIZERS = { Adam, SGD };

/** Ways to compute; two threads have to print the very losses of one. */
const CONFIGURATIONS: Record<string, () => Backend> = {
  "one thread": () => cpu({ threads: 1 }),
  "two threads": () => cpu({ threads: 2 }),
  "without fused multiply-add": () => cpu({ threads: 2, fma: false }),
  revectorized: () => cpu({ threads: 2, revectorize: "auto" }),
};

const data = process.env.DL_DATA ?? "./data";
const isThere = existsSync(join(data, "mnist"));

/** The first losses of the program, as many as are wanted; on the way its weights and batches are compared. */
async function train(run: Run, backend: Backend, count: number): Promise<number[]> {
  setBackend(backend);
  const digits = await mnist({ root: data, normalize: true });
  manualSeed(0);
  const model = MODELS[run.model]();
  for (const [key, t] of Object.entries(model.stateDict())) {
    const values = (await t.data()) as Float32Array;
    expect([key, createHash("sha256").update(values).digest("hex")]).toEqual([
      key,
      run.weights[key].sha256,
    ]);
  }
  const optimizer = new OPTIMIZERS[run.optimizer](model.parameters(), run.options);
  const losses: number[] = [];
  for await (const [images, labels] of new DataLoader(digits, { batchSize: 64, shuffle: true })) {
    const batch = run.batches[losses.length];
    if (batch) {
      expect(Array.from(await labels.data())).toEqual(numbers(batch.labels));
      const sum = ((await images.data()) as Float32Array).reduce((a, b) => a + b, 0);
      // The fixture has nine digits.
      expect(Math.abs(sum / batch.sum - 1)).toBeLessThan(1e-8);
    }
    optimizer.zeroGrad();
    const loss = LOSSES[run.model](model(images), labels);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
    if (losses.length === count) break;
  }
  return losses;
}
const distance = (losses: number[], curve: number[]): number =>
  Math.max(...losses.map((l, i) => Math.abs(l - curve[i])));

const runs = fixture<Run[]>("mnist");
const title = (run: Run, name: string, count: number): string =>
  `${run.model} with ${run.optimizer}, ${name}: initial weights, batches and ${count} losses`;

describe.skipIf(!isThere)(
  `MNIST against PyTorch${isThere ? "" : ` (skipped: no MNIST in ${data}; set DL_DATA)`}`,
  () => {
    const curves = new Map<Run, number[]>();
    for (const run of runs)
      for (const [name, backend] of Object.entries(CONFIGURATIONS))
        test(title(run, name, run.losses.length), { timeout: 120_000 }, async () => {
          const losses = await train(run, backend(), run.losses.length);
          if (name === "one thread") curves.set(run, losses);
          if (name === "two threads") expect(losses).toEqual(curves.get(run));
          if (run.model === "cnn" && run.optimizer === "Adam") {
            // In the first batch two candidates of one pooling window differ by 1e-7. PyTorch's float32 takes them for equal
            // and sends the gradient to the first; in float64, and here, it goes to the greater. Adam's first steps have the
            // size of the learning rate whatever the gradient, so PyTorch's two curves part by 3e-4. Ours follows the exact
            // one. Rounded otherwise the two may be equal here too.
            if (name !== "without fused multiply-add")
              expect(distance(losses, run.lossesInDouble)).toBeLessThan(1e-5);
            expect(distance(losses, run.losses)).toBeLessThan(5e-4);
          } else expect(distance(losses, run.losses)).toBeLessThan(1e-4);
        });
  },
);

const gpu = isThere ? await testedGpu() : "no MNIST";
describe.skipIf(typeof gpu === "string")(
  `MNIST on a GPU against PyTorch${typeof gpu === "string" ? ` (skipped: ${gpu})` : ""}`,
  () => {
    // With the optimizer of examples/mnist: in software a step takes seconds. Its page is held to the same curve, and
    // optimizers are held to PyTorch's on a GPU too, on small parameters.
    const run = runs.find((r) => r.model === "cnn" && r.optimizer === "Adam")!;
    test(title(run, "WebGPU", 20), { timeout: 300_000 }, async () => {
      const losses = await train(run, gpu as Backend, 20);
      expect(distance(losses, run.losses)).toBeLessThan(1e-3);
    });
  },
);

describe("small programs against PyTorch", () => {
  const curves = fixture<Record<string, number[]>>("curves");
  const learn = (
    model: ((x: Tensor) => Tensor) & nn.Module,
    optimizer: Adam | SGD,
    loss: (a: Tensor, b: Tensor) => Tensor,
    x: Tensor,
    y: Tensor,
    steps: number,
  ) =>
    Array.from({ length: steps }, () => {
      optimizer.zeroGrad();
      const value = loss(model(x), y);
      value.backward();
      optimizer.step();
      return value.itemSync();
    });
  const near = (actual: number[], expected: number[]) =>
    expect(Math.max(...actual.map((l, i) => Math.abs(l - expected[i])))).toBeLessThan(1e-5);

  test("a line through points, 100 steps", () => {
    setBackend(cpu());
    const x = linspace(0, 1, 50).unsqueeze(1);
    manualSeed(0);
    const model = new nn.Linear(1, 1);
    near(
      learn(model, new SGD(model.parameters(), { lr: 0.01 }), l1Loss, x, x.mul(0.7).add(0.3), 100),
      curves.linearRegression,
    );
  });
  const xor = [
    tensor(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      { device: cpu() },
    ),
    tensor([[0], [1], [1], [0]], { device: cpu() }),
  ] as const;
  test("XOR with a hidden layer, 200 steps", () => {
    setBackend(cpu());
    manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
    near(
      learn(
        model,
        new Adam(model.parameters(), { lr: 0.05 }),
        binaryCrossEntropyWithLogits,
        ...xor,
        200,
      ),
      curves.xor,
    );
  });
  test("XOR without one, which cannot be learnt: the loss stays at ln 2", () => {
    setBackend(cpu());
    manualSeed(0);
    const model = new nn.Linear(2, 1);
    const losses = learn(
      model,
      new Adam(model.parameters(), { lr: 0.05 }),
      binaryCrossEntropyWithLogits,
      ...xor,
      200,
    );
    near(losses, curves.xorWithoutHiddenLayer);
    expect(losses.at(-1)).toBeGreaterThan(Math.LN2 - 1e-3);
  });
});

/** PyTorch's numbers in a browser: random streams to the last bit, and the losses of small trainings. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { webgpu } from "@dl/backend-webgpu";
import { DataLoader, TensorDataset } from "@dl/data";
import { binaryCrossEntropyWithLogits, crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, SGD } from "@dl/optim";
import { manualSeed, setBackend, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { checked, fixture, toTensor } from "../parity/fixture.ts";
import { random } from "../parity/random.ts";

interface Curves {
  xor: number[];
  cnn: number[];
  cnnLabels: number[][];
}
const curves = fixture<Curves>("curves");

const near = (actual: number[], expected: number[]) =>
  expect(Math.max(...actual.map((l, i) => Math.abs(l - expected[i])))).toBeLessThan(1e-5);

const BACKENDS = {
  "CPU (WASM)": cpu,
  "CPU (JavaScript)": () => cpu({ wasm: false }),
  WebGPU: webgpu,
};

describe.each(Object.entries(BACKENDS))("%s", (name, make) => {
  beforeAll(async () => setBackend(await make()));

  // Random numbers are drawn on the host: for a GPU, which has no float64, once is enough.
  const cases = name === "WebGPU" && !inject("isolated") ? [] : random.cases;
  for (const { title, given, run } of cases)
    if (name !== "WebGPU" || !JSON.stringify(given).includes('"float64"'))
      test(`random numbers ${title}`, () => checked(run));

  test("XOR with a hidden layer", async () => {
    manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
    const optimizer = new Adam(model.parameters(), { lr: 0.05 });
    const x = tensor([0, 0, 0, 1, 1, 0, 1, 1], { shape: [4, 2], dtype: "float32" });
    const y = tensor([0, 1, 1, 0], { shape: [4, 1], dtype: "float32" });
    const losses: number[] = [];
    while (losses.length < curves.xor.length) {
      optimizer.zeroGrad();
      const loss = binaryCrossEntropyWithLogits(model(x), y);
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
    }
    near(losses, curves.xor);
  });

  test("a convolutional network on shuffled batches", async () => {
    const labels = Int32Array.from({ length: 20 }, (_, i) => i % 4);
    const pattern = toTensor({ shape: [20, 1, 8, 8], dtype: "float32", pattern: [1, 2] });
    const images = pattern.add(tensor(labels).reshape(20, 1, 1, 1).div(2));
    manualSeed(0);
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(4, 8, 3),
      new nn.Flatten(),
      new nn.Linear(32, 4),
    );
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const dataset = new TensorDataset(images, tensor(labels));
    const loader = new DataLoader(dataset, { batchSize: 8, shuffle: true });
    const losses: number[] = [];
    const seen: unknown[] = [];
    for (let epoch = 0; epoch < 2; epoch++)
      for await (const [x, y] of loader) {
        optimizer.zeroGrad();
        const loss = crossEntropy(model(x), y);
        loss.backward();
        optimizer.step();
        losses.push(await loss.item());
        seen.push(await y.tolist());
      }
    expect(seen).toEqual(curves.cnnLabels);
    near(losses, curves.cnn);
  });
});

import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, TensorDataset } from "@dl/data";
import { crossEntropy, mseLoss } from "@dl/losses";
import { Accuracy } from "@dl/metrics";
import * as nn from "@dl/nn";
import { Adam, LBFGS, OneCycleLR, ReduceLROnPlateau, SGD, StepLR } from "@dl/optim";
import { manualSeed, randint, randn, setBackend, type Tensor, tensor } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { type Callback, evaluate, fit } from "./index.ts";

beforeEach(() => setBackend(cpu()));

/** A classifier with dropout and batch norm, its optimizer and its data; always the same. */
function setUp({ batchSize = 8, examples = 40 } = {}) {
  manualSeed(3);
  const model = new nn.Sequential(
    new nn.Linear(5, 12),
    new nn.BatchNorm1d(12),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.3 }),
    new nn.Linear(12, 3),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const data = new TensorDataset(randn(examples, 5), randint(3, [examples]));
  const train = new DataLoader(data, { batchSize, shuffle: true });
  const validation = new DataLoader(data, { batchSize: 16 });
  return { model, optimizer, train, validation };
}
type Setup = ReturnType<typeof setUp>;
const weights = ({ model }: Setup): number[][] =>
  Object.values(model.stateDict()).map((t) => [...t.dataSync()]);

/** As one writes it by hand. */
async function byHand(
  { model, optimizer, train }: Setup,
  epochs: number,
  { clip = 0, after = () => {}, epochEnd = async () => {} } = {},
): Promise<number[]> {
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    model.train();
    let [sum, count] = [0, 0];
    for await (const [x, y] of train) {
      optimizer.zeroGrad();
      const loss = crossEntropy(model(x), y);
      loss.backward();
      if (clip) nn.utils.clipGradNorm_(model.parameters(), clip);
      optimizer.step();
      after();
      sum += loss.itemSync() * x.shape[0];
      count += x.shape[0];
    }
    losses.push(sum / count);
    await epochEnd();
  }
  return losses;
}

describe("fit", () => {
  test("gives the bits of a loop written by hand", async () => {
    const hand = setUp();
    const want = await byHand(hand, 3);
    const own = setUp();
    const history = await fit(own.model, {
      ...own,
      validation: undefined,
      loss: crossEntropy,
      epochs: 3,
    });
    expect(weights(own)).toEqual(weights(hand));
    expect(history.get("loss")).toEqual(want);
  });
  test("gives them with clipping and a scheduler per step, too", async () => {
    const hand = setUp({ examples: 37 });
    const schedule = ({ optimizer }: Setup) => new OneCycleLR(optimizer, 0.1, { totalSteps: 15 });
    const scheduler = schedule(hand);
    await byHand(hand, 3, { clip: 0.1, after: () => scheduler.step() });
    const own = setUp({ examples: 37 });
    await fit(own.model, {
      loss: crossEntropy,
      optimizer: own.optimizer,
      train: own.train,
      epochs: 3,
      clipGradNorm: 0.1,
      scheduler: { scheduler: schedule(own), interval: "step" },
    });
    expect(weights(own)).toEqual(weights(hand));
  });
  test("gives them with validation between epochs", async () => {
    const hand = setUp();
    const measured: number[] = [];
    await byHand(hand, 3, {
      epochEnd: async () => {
        const { loss } = await evaluate(hand.model, hand.validation, { loss: crossEntropy });
        measured.push(loss!);
      },
    });
    const own = setUp();
    const history = await fit(own.model, { ...own, loss: crossEntropy, epochs: 3 });
    expect(weights(own)).toEqual(weights(hand));
    expect(history.get("validation.loss")).toEqual(measured);
  });
  test("accumulates: two halves of a batch are the whole, and so is what is left over", async () => {
    const data = [
      [randn(8, 3), randn(8, 1)],
      [randn(8, 3), randn(8, 1)],
      [randn(8, 3), randn(8, 1)],
    ] as [Tensor, Tensor][];
    const halves = data.flatMap(([x, y]) =>
      [0, 1].map((i): [Tensor, Tensor] => [x.narrow(0, 4 * i, 4), y.narrow(0, 4 * i, 4)]),
    );
    const trained = async (train: [Tensor, Tensor][], accumulate: number) => {
      manualSeed(1);
      const model = new nn.Linear(3, 1);
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      await fit(model, { loss: mseLoss, optimizer, train, accumulate, epochs: 2 });
      return [optimizer.stepCount, ...model.weight.dataSync()];
    };
    const [steps, ...want] = await trained(data, 1);
    const [halfSteps, ...got] = await trained(halves, 2);
    expect(halfSteps).toBe(steps);
    got.forEach((x, i) => expect(x).toBeCloseTo(want[i], 6));
    // Four halves and two: the last step has fewer batches, and is their mean nevertheless.
    const [fewer, ...some] = await trained(halves, 4);
    expect(fewer).toBe(4);
    const [, ...same] = await trained([...halves.slice(0, 4), ...halves.slice(4)], 4);
    expect(some).toEqual(same);
  });
  test("trains with an optimizer that wants a closure", async () => {
    manualSeed(0);
    const model = new nn.Linear(2, 1);
    const x = randn(10, 2);
    const y = x.matmul(tensor([[2], [-1]])).add(0.5);
    const optimizer = new LBFGS(model.parameters(), { lineSearchFn: "strong_wolfe" });
    const history = await fit(model, {
      loss: mseLoss,
      optimizer,
      train: [[x, y]],
      epochs: 3,
      closure: true,
    });
    expect(history.last!.loss).toBeLessThan(1e-6);
    expect(model.weight.dataSync()[0]).toBeCloseTo(2, 3);
  });
  test("takes batches of any shape with a step, async ones too", async () => {
    manualSeed(0);
    const model = new nn.Linear(2, 1);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const train = [
      { x: randn(4, 2), y: randn(4, 1) },
      { x: randn(2, 2), y: randn(2, 1) },
    ];
    const history = await fit(model, {
      optimizer,
      train,
      epochs: 2,
      step: async (net, { x, y }) => {
        await Promise.resolve();
        const output = net(x);
        return { loss: mseLoss(output, y), output, target: y };
      },
    });
    expect(history.last!.examples).toBe(6);
  });
  test("takes generators, async ones too, and counts and names batches", async () => {
    const { model, optimizer } = setUp();
    async function* batches() {
      for (let i = 0; i < 3; i++) yield [randn(4, 5), randint(3, [4])] as const;
    }
    const seen: unknown[] = [];
    const callback: Callback = {
      onStepEnd: ({ epoch, batch, batches, steps }) => seen.push([epoch, batch, batches, steps]),
    };
    await fit(model, {
      loss: crossEntropy,
      optimizer,
      train: batches,
      epochs: 2,
      callbacks: [callback],
    });
    expect(seen).toEqual([
      [1, 1, null, 1],
      [1, 2, null, 2],
      [1, 3, null, 3],
      [2, 1, null, 4],
      [2, 2, null, 5],
      [2, 3, null, 6],
    ]);
  });
  test("keeps metrics, rates, times and lists for plots", async () => {
    const setup = setUp();
    const scheduler = new StepLR(setup.optimizer, 1, { gamma: 0.5 });
    const history = await fit(setup.model, {
      ...setup,
      loss: crossEntropy,
      scheduler,
      metrics: { accuracy: new Accuracy() },
      epochs: 3,
      readEvery: 2,
    });
    expect(history.get("lr")).toEqual([0.01, 0.005, 0.0025]);
    const accuracy: number = history.last!.validation!.metrics.accuracy;
    expect(history.columns()["validation.accuracy"][2]).toBe(accuracy);
    expect(history.columns().accuracy).toHaveLength(3);
    expect(history.losses.map(({ batch }) => batch)).toEqual([2, 4, 5, 6, 8, 10, 12, 14, 15]);
    expect(history.last!.examplesPerSecond).toBeGreaterThan(0);
  });
  test("shows ReduceLROnPlateau the loss of validation, or what it is told to watch", async () => {
    const watched = async (monitor?: string) => {
      const setup = setUp();
      const scheduler = new ReduceLROnPlateau(setup.optimizer);
      const seen: unknown[] = [];
      scheduler.step = (value) => void seen.push(value);
      const history = await fit(setup.model, {
        ...setup,
        loss: crossEntropy,
        scheduler: { scheduler, monitor },
        epochs: 2,
      });
      return { seen, history };
    };
    const usual = await watched();
    expect(usual.seen).toEqual(usual.history.get("validation.loss"));
    const told = await watched("loss");
    expect(told.seen).toEqual(told.history.get("loss"));
  });
  test("puts modes back, those of frozen layers too, also after an error", async () => {
    const { model, optimizer, train } = setUp();
    const norm = model.getSubmodule("1");
    model.eval();
    norm.training = true;
    let inside = false;
    const callbacks: Callback[] = [{ onStepEnd: () => void (inside = model.training) }];
    await fit(model, { loss: crossEntropy, optimizer, train, callbacks });
    expect([inside, model.training, norm.training, model.getSubmodule("3").training]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    model.train();
    norm.eval();
    await expect(evaluate(model, [[1]] as never, { loss: crossEntropy })).rejects.toThrow(
      "a batch is",
    );
    expect([model.training, norm.training]).toEqual([true, false]);
  });
  test("ends when a signal is aborted, with what there is of the history", async () => {
    const { model, optimizer, train } = setUp();
    const controller = new AbortController();
    const callbacks: Callback[] = [
      { onStepEnd: ({ totalBatches }) => totalBatches === 7 && controller.abort() },
    ];
    const history = await fit(model, {
      loss: crossEntropy,
      optimizer,
      train,
      epochs: 9,
      callbacks,
      signal: controller.signal,
    });
    expect([history.epochs.length, history.last!.batches, history.stopped]).toEqual([
      2,
      2,
      "the signal was aborted",
    ]);
  });
  test("ends without an error when that is during validation, and does not count it", async () => {
    const { model, optimizer, train } = setUp();
    const controller = new AbortController();
    async function* validation() {
      for (let i = 0; i < 3; i++) {
        if (i === 1) controller.abort();
        yield [randn(2, 5), randint(3, [2])];
      }
    }
    const scheduler = new ReduceLROnPlateau(optimizer);
    scheduler.step = () => expect.unreachable();
    const { signal } = controller;
    const options = { loss: crossEntropy, optimizer, train, validation, scheduler, signal };
    const history = await fit(model, { ...options, epochs: 3 });
    expect([history.epochs.length, history.last!.validation, history.last!.complete]).toEqual([
      1,
      null,
      false,
    ]);
  });
  test("is flat in memory", { timeout: 300_000 }, async () => {
    const setup = setUp({ batchSize: 8, examples: 400 });
    const after: { live: number; buffers: number }[] = [];
    const callbacks: Callback[] = [
      {
        onEpochEnd: async () => {
          gc?.();
          await new Promise((resolve) => setTimeout(resolve));
          after.push(cpu().memory());
        },
      },
    ];
    const metrics = { accuracy: new Accuracy() };
    await fit(setup.model, { ...setup, loss: crossEntropy, epochs: 12, metrics, callbacks });
    expect(after.at(-1)!.buffers).toBeLessThanOrEqual(after[2].buffers + 20);
    expect(after.at(-1)!.live).toBeLessThanOrEqual(after[2].live + 64 * 1024);
  });
});

describe("evaluate", () => {
  test("is the mean over examples, not over batches", async () => {
    const data = [
      [tensor([1, 1, 1]), tensor([0, 0, 0])],
      [tensor([5]), tensor([0])],
    ];
    const absolute = (output: Tensor, target: Tensor) => output.sub(target).abs().mean();
    const { loss, examples, metrics } = await evaluate((x: Tensor) => x, data, { loss: absolute });
    expect([loss, examples, metrics]).toEqual([2, 4, {}]);
  });
  test("does not need a loss, nor record", async () => {
    const { model, validation } = setUp();
    let requires: boolean | undefined;
    const metric = {
      update: (output: Tensor) => void (requires = output.requiresGrad),
      compute: () => 7,
      reset: () => {},
    };
    const { loss, metrics } = await evaluate(model, validation, { metrics: { metric } });
    expect([loss, metrics.metric, requires]).toEqual([null, 7, false]);
  });
});

describe("what goes wrong says what to do", () => {
  const x = () => randn(4, 5);
  const y = () => randint(3, [4]);
  const attempt = (options: object, model?: unknown) => {
    const setup = setUp();
    const given = {
      loss: crossEntropy,
      optimizer: setup.optimizer,
      train: setup.train,
      ...options,
    };
    return fit((model ?? setup.model) as never, given);
  };
  const cases: [name: string, message: string, options: () => object, model?: () => unknown][] = [
    ["no batches", "there were no batches: see that the data are not empty", () => ({ train: [] })],
    [
      "an iterator that is used up",
      "in epoch 2: an iterator can be gone through once",
      () => ({ train: [[x(), y()]].values(), epochs: 2 }),
    ],
    [
      "one batch instead of a list",
      "If this was one batch and not a list of them, write [[input, target]]",
      () => ({ train: [x(), y()] }),
    ],
    [
      "batches of another shape",
      "got an object with x, y. For other batches give step",
      () => ({ train: [{ x: 1, y: 2 }] }),
    ],
    ["no data at all", "batches are wanted", () => ({ train: 5 })],
    [
      "a loss per example",
      "it has shape [4]: use reduction",
      () => ({
        train: [[x(), y()]],
        loss: (o: Tensor, t: Tensor) => crossEntropy(o, t, { reduction: "none" }),
      }),
    ],
    ["a loss that is a number", "return the tensor itself", () => ({ loss: () => 3 })],
    [
      "a loss without history",
      "depend on anything that requires a gradient",
      () => ({ loss: (o: Tensor, t: Tensor) => crossEntropy(o.detach(), t) }),
    ],
    ["no loss", "there is no loss", () => ({ loss: undefined })],
    ["two losses", "give one", () => ({ step: () => tensor(1) })],
    ["no parameters", "no parameters to train", () => ({}), () => new nn.ReLU()],
    ["no model", "a function with a method parameters()", () => ({}), () => (z: Tensor) => z],
    ["no optimizer", "step() and zeroGrad()", () => ({ optimizer: undefined })],
    [
      "epochs that are no count",
      "epochs has to be a whole number from 1, got 0.5",
      () => ({ epochs: 0.5 }),
    ],
    [
      "a metric that is not there",
      'there is no number "f1"; there are epoch, loss',
      () => ({ scheduler: { scheduler: { step() {} }, monitor: "f1" } }),
    ],
    [
      "validation that is not there",
      "Give fit validation",
      () => ({ scheduler: { scheduler: { step() {} }, monitor: "validation.loss" } }),
    ],
    ["a scheduler without step", "has to have a method step()", () => ({ scheduler: {} })],
  ];
  test.each(cases)("%s", async (_, message, options, model) => {
    await expect(attempt(options(), model?.())).rejects.toThrow(message);
  });
});

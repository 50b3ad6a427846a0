import "@dl/autograd";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, TensorDataset } from "@dl/data";
import { readCheckpoint, writeCheckpoint } from "@dl/io";
import { loadCheckpoint, saveCheckpoint } from "@dl/io/node";
import { crossEntropy, mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, ReduceLROnPlateau, SGD, StepLR } from "@dl/optim";
import {
  Generator,
  manualSeed,
  ones,
  randint,
  randn,
  setBackend,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type Callback,
  EarlyStopping,
  type FitOptions,
  fit,
  type History,
  ModelCheckpoint,
  type TrainingParts,
} from "./index.ts";

beforeEach(() => setBackend(cpu()));

type Pair = [Tensor, Tensor];
type Options = Partial<FitOptions<Pair>>;

/** A model with dropout and batch norm, and a loader whose order comes from a stream of its own; always the same. */
function setUp() {
  manualSeed(3);
  const model = new nn.Sequential(
    new nn.Linear(5, 12),
    new nn.BatchNorm1d(12),
    new nn.Dropout({ p: 0.3 }),
    new nn.Linear(12, 3),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const data = new TensorDataset(randn(20, 5), randint(3, [20]));
  const generator = new Generator(8);
  const train = new DataLoader(data, { batchSize: 8, shuffle: true, generator });
  return { model, optimizer, train: train as unknown as Iterable<Pair> };
}
async function trained(
  epochs: number,
  more: (setup: ReturnType<typeof setUp>) => Options = () => ({}),
) {
  const setup = setUp();
  const options = { ...setup, loss: crossEntropy, epochs, ...more(setup) };
  const history: History<any> = await fit<Pair>(setup.model, options);
  return { ...setup, history, state: stateOf(setup.model) };
}
const stateOf = (model: nn.Module): number[][] =>
  Object.values(model.stateDict()).map((t) => [...t.dataSync()]);

/** Keeps the bytes of a checkpoint after an epoch. */
function keeper(epoch: number) {
  const kept = { bytes: new Uint8Array(), callback: {} as Callback };
  kept.callback.onEpochEnd = async (run) => {
    if (run.epoch === epoch) kept.bytes = await writeCheckpoint(run.parts);
  };
  return kept;
}
const from = (bytes: Uint8Array) => (parts: TrainingParts) => readCheckpoint(bytes, parts);

describe("fit goes on from a checkpoint as if it had not stopped", () => {
  test.each<[string, (optimizer: Adam) => Options]>([
    ["as it is", () => ({})],
    ["with a scheduler", (optimizer) => ({ scheduler: new StepLR(optimizer, 1, { gamma: 0.5 }) })],
    [
      "with two schedulers",
      (optimizer) => ({
        scheduler: [
          { scheduler: new StepLR(optimizer, 2), interval: "step" },
          { scheduler: new ReduceLROnPlateau(optimizer, { patience: 0 }), monitor: "loss" },
        ],
      }),
    ],
  ])("%s", async (_, options) => {
    const whole = await trained(5, ({ optimizer }) => options(optimizer));
    const kept = keeper(2);
    await trained(3, ({ optimizer }) => ({ ...options(optimizer), callbacks: [kept.callback] }));
    const rest = await trained(5, ({ optimizer }) => {
      manualSeed(99);
      return { ...options(optimizer), resume: from(kept.bytes) };
    });
    expect(rest.state).toEqual(whole.state);
    for (const name of ["epoch", "loss", "lr"])
      expect(rest.history.get(name)).toEqual(whole.history.get(name));
    expect(rest.history.losses).toEqual(whole.history.losses);
  });
  test("from a file", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "dl-train-")), "last.safetensors");
    const last = new ModelCheckpoint({ last: (parts) => saveCheckpoint(path, parts) });
    await trained(2, () => ({ callbacks: [last] }));
    const rest = await trained(4, () => ({ resume: (parts) => loadCheckpoint(path, parts) }));
    expect(rest.state).toEqual((await trained(4)).state);
    expect(await readdir(join(path, ".."))).toEqual(["last.safetensors"]);
  });
  test.each([
    ["before", true],
    ["after", false],
  ])(
    "with the weights of the best epoch, which lie %s the checkpoint is made",
    async (_, first) => {
      const scores = [3, 1, 2, 1.5];
      const options = (kept: Callback): Options => {
        let epoch = 0;
        const metrics = { score: { update() {}, compute: () => scores[epoch], reset() {} } };
        const count: Callback = { onEpochStart: (run) => void (epoch = run.epoch - 1) };
        const monitor = { monitor: "score", mode: "min", patience: 9 } as const;
        const stopping = new EarlyStopping({ ...monitor, restoreBestWeights: true });
        const callbacks = [count, ...(first ? [stopping, kept] : [kept, stopping])];
        return { metrics, callbacks } as unknown as Options;
      };
      const whole = await trained(4, () => options({}));
      for (const at of [2, 3]) {
        const kept = keeper(at);
        await trained(at, () => options(kept.callback));
        const rest = await trained(4, () => ({ ...options({}), resume: from(kept.bytes) }));
        expect(rest.state).toEqual(whole.state);
      }
    },
  );
  test("or begins, where nothing is loaded", async () => {
    const begun = await trained(2, () => ({ resume: () => undefined }));
    expect(begun.state).toEqual((await trained(2)).state);
  });
});

describe("checkpoints of fit", () => {
  test("change nothing where they do not fit", async () => {
    const kept = keeper(1);
    const scheduler = (optimizer: SGD | Adam) => new StepLR(optimizer, 1);
    await trained(1, ({ optimizer }) => ({
      scheduler: scheduler(optimizer),
      callbacks: [kept.callback],
    }));
    const setup = setUp();
    const before = stateOf(setup.model);
    const options = { ...setup, loss: crossEntropy, resume: from(kept.bytes) };
    await expect(fit<Pair>(setup.model, options)).rejects.toThrow(
      /nothing is changed:\n.*run: .*the checkpoint has 1 schedulers, fit was given 0/,
    );
    expect(stateOf(setup.model)).toEqual(before);
    const { run } = readStates(kept.bytes);
    for (const bad of [{ epoch: -1 }, { epochs: [null] }, { callbacks: 7 }, { losses: "x" }]) {
      const part = (state: unknown) => ({ stateDict: () => state, loadStateDict() {} });
      const bytes = await writeCheckpoint({ run: part({ ...run, ...bad }) });
      const resume = ({ run }: TrainingParts) => readCheckpoint(bytes, { run });
      await expect(fit<Pair>(setup.model, { ...options, resume })).rejects.toMatchObject({
        code: "state-dict",
      });
    }
  });
  test("are not made of half an epoch", async () => {
    const setup = setUp();
    const saved: number[] = [];
    const last = new ModelCheckpoint({ last: (_, { epoch }) => saved.push(epoch) });
    const stop: Callback = { onStepEnd: (run) => run.totalBatches === 5 && run.stop("enough") };
    const options = { ...setup, loss: crossEntropy, epochs: 9, callbacks: [last, stop] };
    expect((await fit<Pair>(setup.model, options)).epochs).toHaveLength(2);
    expect(saved).toEqual([1]);
    const early: Callback = { onStepEnd: (run) => writeCheckpoint(run.parts) };
    await expect(fit<Pair>(setup.model, { ...options, callbacks: [early] })).rejects.toThrow(
      "a checkpoint is made at the end of an epoch",
    );
  });
  test("name a part whose state cannot be kept", async () => {
    const weight = tensor([1], { requiresGrad: true });
    const model = Object.assign((x: Tensor) => x.mul(weight), { parameters: () => [weight] });
    const optimizer = new SGD([weight], { lr: 0.1 });
    const callbacks = [new ModelCheckpoint({ last: () => {} })];
    const options = { loss: mseLoss, optimizer, train: [[ones(1), ones(1)]], callbacks };
    await expect(fit(model, options)).rejects.toThrow("the model has no stateDict()");
  });
});

/** What is in a checkpoint. */
function readStates(bytes: Uint8Array): Record<string, any> {
  const states: Record<string, any> = {};
  const part = (name: string) => ({
    stateDict: () => ({}),
    loadStateDict: (state: unknown) => (states[name] = state),
  });
  readCheckpoint(bytes, { run: part("run") });
  return states;
}

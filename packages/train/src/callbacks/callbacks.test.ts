import "@dl/autograd";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy, mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { SGD, StepLR } from "@dl/optim";
import { manualSeed, ones, randint, randn, setBackend, type Tensor, tensor } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type Callback,
  CSVLogger,
  EarlyStopping,
  type EpochRecord,
  type FitOptions,
  fit,
  GradientAccumulation,
  GradientClipping,
  JsonLinesLogger,
  LambdaCallback,
  LearningRateLogger,
  ModelCheckpoint,
  type Progress,
  ProgressLogger,
  TerminateOnNaN,
  type TrainingParts,
} from "../index.ts";
import { textFile } from "../node.ts";

beforeEach(() => setBackend(cpu()));

type Pair = [Tensor, Tensor];
function setUp() {
  manualSeed(1);
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const train = Array.from({ length: 4 }, (): Pair => [randn(5, 3), randint(2, [5])]);
  return { model, optimizer, train };
}
const weightsOf = (model: nn.Module): number[] =>
  model.parameters().flatMap((p) => [...p.dataSync()]);
/** Trains with a loss of validation that is as said. */
async function withValidation(
  losses: number[],
  callbacks: Callback[],
  options: Partial<FitOptions<Pair>> = {},
) {
  const setup = setUp();
  const after: number[][] = [];
  const metrics = { score: { update() {}, compute: () => losses[after.length], reset() {} } };
  const watch: Callback = { onEpochEnd: () => after.push(weightsOf(setup.model)) };
  const history = await fit(setup.model, {
    ...setup,
    loss: crossEntropy,
    validation: setup.train,
    metrics,
    trainMetrics: false,
    epochs: losses.length,
    callbacks: [...callbacks, watch],
    ...(options as object),
  });
  return { history, after, model: setup.model };
}
const score = { monitor: "validation.score", mode: "min" } as const;

describe("EarlyStopping", () => {
  test("stops after patience epochs without an improvement", async () => {
    const stopping = new EarlyStopping({ ...score, patience: 2 });
    const { history } = await withValidation([3, 2, 2.5, 2, 1], [stopping]);
    expect(history.epochs).toHaveLength(4);
    expect([stopping.best, stopping.bestEpoch]).toEqual([2, 2]);
    expect(history.stopped).toBe("EarlyStopping: validation.score has not improved since epoch 2");
  });
  test("counts only what is more than minDelta, and NaN never", async () => {
    const run = async (values: number[], minDelta: number) =>
      (await withValidation(values, [new EarlyStopping({ ...score, patience: 2, minDelta })]))
        .history.epochs.length;
    expect(await run([3, 2.9, 2.8, 1], 0.5)).toBe(3);
    expect(await run([3, 2.4, 1.8, 1], 0.5)).toBe(4);
    expect(await run([Number.NaN, 1, Number.NaN, Number.NaN, 0], 0)).toBe(4);
  });
  test("gives the best weights back, whether it stopped or not", async () => {
    const best = () => new EarlyStopping({ ...score, patience: 2, restoreBestWeights: true });
    const early = await withValidation([3, 1, 2, 2, 0], [best()]);
    expect(weightsOf(early.model)).toEqual(early.after[1]);
    const late = await withValidation([3, 1, 2], [best()]);
    expect(weightsOf(late.model)).toEqual(late.after[1]);
    expect(late.after[1]).not.toEqual(late.after[2]);
  });
  test("knows what is better by the name, or asks", async () => {
    const run = (monitor: string) => {
      const { model, optimizer, train } = setUp();
      const name = monitor.replace("validation.", "");
      let n = 0;
      const metrics = { [name]: { update() {}, compute: () => ++n, reset() {} } };
      const stopping = new EarlyStopping({ monitor, patience: 1 });
      return fit(model, {
        loss: crossEntropy,
        optimizer,
        train,
        validation: train,
        trainMetrics: false,
        metrics,
        epochs: 3,
        callbacks: [stopping],
      });
    };
    expect((await run("validation.accuracy")).epochs).toHaveLength(3);
    expect((await run("validation.error")).epochs).toHaveLength(2);
    await expect(run("validation.beauty")).rejects.toThrow('Say mode: "max" or mode: "min"');
  });
  test("says what there is when it is to watch what is not there", async () => {
    const stopping = new EarlyStopping({ monitor: "validation.accuracy" });
    await expect(withValidation([1], [stopping])).rejects.toThrow(
      'EarlyStopping: there is no number "validation.accuracy"; there are epoch, loss, validation.loss, validation.score, lr',
    );
  });
  test("refuses to bring back what it cannot read", async () => {
    const weight = tensor([1], { requiresGrad: true });
    const model = Object.assign((x: Tensor) => x.mul(weight), { parameters: () => [weight] });
    const optimizer = new SGD([weight], { lr: 0.1 });
    const train = [[ones(1), ones(1)]];
    const callbacks = [new EarlyStopping({ restoreBestWeights: true })];
    await expect(fit(model, { loss: mseLoss, optimizer, train, callbacks })).rejects.toThrow(
      "stateDict()",
    );
  });
});

describe("ModelCheckpoint", () => {
  test("has the best and the last saved, at the end of their epochs", async () => {
    const saved: [string, number, number[]][] = [];
    const save = (what: string) => (parts: TrainingParts, record: EpochRecord) =>
      saved.push([what, record.epoch, weightsOf(parts.model as unknown as nn.Module)]);
    const checkpoint = new ModelCheckpoint({
      ...score,
      best: save("best"),
      last: save("last"),
      every: 2,
    });
    const { after } = await withValidation([2, 3, 1, 4], [checkpoint]);
    expect(saved).toEqual([
      ["best", 1, after[0]],
      ["last", 2, after[1]],
      ["best", 3, after[2]],
      ["last", 4, after[3]],
    ]);
  });
  test("refuses to save nothing", () =>
    expect(() => new ModelCheckpoint({})).toThrow("give best, last or both"));
});

describe("TerminateOnNaN", () => {
  /** Stops where it should, with the parameters of before; and says why. */
  async function stopOf(change: (setup: ReturnType<typeof setUp>) => object): Promise<string> {
    const setup = setUp();
    const more = change(setup);
    const before: number[][] = [];
    const watch: Callback = { onGradients: () => void before.push(weightsOf(setup.model)) };
    const history = await fit(setup.model, {
      ...setup,
      loss: crossEntropy,
      epochs: 3,
      callbacks: [watch, new TerminateOnNaN()],
      ...more,
    });
    expect(weightsOf(setup.model)).toEqual(before.at(-1));
    return history.stopped!;
  }
  test("names the data", async () => {
    const stopped = await stopOf(({ train }) => {
      train[2][0].dataSync();
      train[2][0] = train[2][0].mul(Number.POSITIVE_INFINITY);
      return {};
    });
    expect(stopped).toBe(
      "TerminateOnNaN: in epoch 1, batch 3, the batch itself is not finite: see the data",
    );
  });
  test("names the module", async () => {
    class Root extends nn.Module {
      forward(x: Tensor) {
        return x.sub(10).sqrt();
      }
    }
    const model = new nn.Sequential(new nn.Linear(3, 4), new Root(), new nn.Linear(4, 2));
    const { train } = setUp();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const history = await fit(model, {
      loss: crossEntropy,
      optimizer,
      train,
      callbacks: [new TerminateOnNaN()],
    });
    expect(history.stopped).toContain(
      "batch 1, the output of 1 (Root) is the first that is not finite",
    );
    expect(history.epochs[0].complete).toBe(false);
  });
  test("names the parameter", async () => {
    const stopped = await stopOf(({ model }) => {
      model.getParameter("2.weight").detach().fill_(Number.NaN);
      return {};
    });
    expect(stopped).toContain("parameter 2.weight is not finite, before this step");
  });
  test("names the loss", async () => {
    const loss = (o: Tensor) => o.mean().mul(Number.POSITIVE_INFINITY);
    expect(await stopOf(() => ({ loss }))).toMatch(/the loss is -?Infinity, of finite outputs/);
  });
  test("names the gradient", async () => {
    // The square root of nothing has an infinite slope.
    const loss = (o: Tensor) => o.mul(0).sum().sqrt();
    expect(await stopOf(() => ({ loss }))).toContain(
      "the gradient of parameter 2.bias is not finite (and of 3 others)",
    );
  });
  test("leaves sound training alone", async () => {
    const setup = setUp();
    const history = await fit(setup.model, {
      ...setup,
      loss: crossEntropy,
      callbacks: [new TerminateOnNaN()],
    });
    expect(history.stopped).toBeNull();
  });
});

describe("gradients", () => {
  test("are clipped as clipGradNorm_ and clipGradValue_ do", async () => {
    const clipped = async (callback: Callback) => {
      const setup = setUp();
      const seen: number[][] = [];
      const watch: Callback = {
        onGradients: ({ model }) =>
          void seen.push((model as nn.Module).parameters().flatMap((p) => [...p.grad!.dataSync()])),
      };
      await fit(setup.model, { ...setup, loss: crossEntropy, callbacks: [callback, watch] });
      return seen;
    };
    const norm = await clipped(new GradientClipping({ maxNorm: 0.05 }));
    const want = await clipped({
      onGradients: ({ model }) => void nn.utils.clipGradNorm_(model.parameters(), 0.05),
    });
    expect(norm).toEqual(want);
    const value = await clipped(new GradientClipping({ clipValue: 0.01 }));
    expect(Math.max(...value.flat().map(Math.abs))).toBeCloseTo(0.01, 8);
    expect(() => new GradientClipping({})).toThrow("give maxNorm or clipValue");
  });
  test("are accumulated as the schedule says", async () => {
    const setup = setUp();
    const steps: number[] = [];
    const callbacks = [
      new GradientAccumulation({ 1: 1, 2: 2, 4: 3 }),
      new LambdaCallback({ onEpochEnd: (run) => steps.push(run.steps) }),
    ];
    await fit(setup.model, { ...setup, loss: crossEntropy, epochs: 4, callbacks });
    expect(steps).toEqual([4, 6, 8, 10]);
  });
});

describe("logs", () => {
  test("CSV and JSON lines have what the history has", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dl-train-"));
    const [csv, json] = [join(folder, "log.csv"), join(folder, "log.jsonl")];
    const callbacks = [
      new CSVLogger(textFile(csv)),
      new JsonLinesLogger(textFile(json), { steps: true }),
    ];
    const { history } = await withValidation([2, Number.NaN], callbacks, { readEvery: 2 });
    const rows = (await readFile(csv, "utf8")).trim().split("\n");
    expect(rows[0]).toBe(
      "epoch,loss,validation.loss,validation.score,lr,seconds,examplesPerSecond",
    );
    expect(rows.slice(1).map((row) => Number(row.split(",")[1]))).toEqual(history.get("loss"));
    expect(rows[2].split(",")[3]).toBe("NaN");
    const lines = (await readFile(json, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      "step",
      "step",
      "epoch",
      "step",
      "step",
      "epoch",
      "end",
    ]);
    expect(lines[5]["validation.score"]).toBeNull();
  });
  test("learning rates are those that steps were made with", async () => {
    const setup = setUp();
    const scheduler = new StepLR(setup.optimizer, 1, { gamma: 0.5 });
    const logger = new LearningRateLogger({ interval: "step" });
    await fit(setup.model, {
      ...setup,
      loss: crossEntropy,
      scheduler: { scheduler, interval: "step" },
      accumulate: 2,
      callbacks: [logger],
    });
    expect(logger.entries).toEqual([
      { at: 1, lrs: [0.1] },
      { at: 2, lrs: [0.05] },
    ]);
  });
  test("progress is one line on a terminal, lines elsewhere, and events", async () => {
    const show = async (isLive: boolean) => {
      let text = "";
      const events: Progress[] = [];
      const logger = new ProgressLogger({
        write: (s) => (text += s),
        isLive,
        interval: 0,
        onProgress: (e) => events.push(e),
      });
      await withValidation([2, 1], [logger], { readEvery: 2 });
      return { text: text.replaceAll("\r\x1b[K", "<"), events };
    };
    const live = await show(true);
    expect(live.text.split("\n")).toHaveLength(3);
    expect(live.text).toMatch(
      /<epoch 1\/2 {3}batch 2\/4 {3}loss [\d.]+ {3}[\d,]+\/s {3}[\d.]+ s left</,
    );
    expect(live.text).toMatch(
      /<epoch 2\/2 {3}loss [\d.]+ {3}validation.loss [\d.]+ {3}validation.score 1 {3}lr 0.1 {3}[\d.]+ s {3}[\d,]+\/s\n$/,
    );
    const plain = await show(false);
    expect(plain.text.split("\n")).toHaveLength(11);
    expect(plain.text).not.toContain("<");
    expect(plain.events.map(({ share }) => share)).toEqual([
      0.125, 0.25, 0.375, 0.5, 0.5, 0.625, 0.75, 0.875, 1, 1,
    ]);
    expect(plain.events.at(-1)!.record!.epoch).toBe(2);
  });
});

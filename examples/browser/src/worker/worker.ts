/**
 * All that computes. One loop does one piece of work after another: a step of training, a batch of a test, a prediction.
 * Between two pieces it hears what the page wants, so nothing has to be interrupted, and nothing overlaps.
 */
import "@dl/autograd";
import { DataLoader } from "@dl/data";
import { DlError, macrotask, manualSeed, setBackend, type Tensor } from "@dl/tensor";
import type { Channel, Command, Report, Sample, Settings, Status } from "../protocol.ts";
import { backendNamed, findBackends, warmUp } from "./backends.ts";
import { type Digits, DrawnDigits, samplesOf, spread, subset } from "./digits.ts";
import { MnistFiles } from "./files.ts";
import { Pace } from "./pace.ts";
import { Training } from "./training.ts";

const page = globalThis as unknown as Channel<Report, Command>;
const tell = (report: Report): void => page.postMessage(report);

const REPORT_MS = 60;
const PREDICTION_MS = 250;
/** Images of a test, and how much longer the training between two tests is than a test. */
const TEST_IMAGES = 500;
const TEST_BATCH = 125;
const TRAINING_PER_TEST = 5;
const LEAST_MS_BETWEEN_TESTS = 1000;
const SAMPLES = 20;

let settings: Settings = { backend: "cpu", lr: 1e-3, batchSize: 64 };
let running = false;
let training: Training | null = null;
let digits: Digits | null = null;
let samples: Sample[] = [];
let drawn: DrawnDigits | null = null;
const files = new MnistFiles();

/** What was done and not told yet. */
let losses: number[] = [];
let lastReport = 0;
const pace = new Pace();

/** The last step's loss, on its way. */
let pending: Promise<number> | null = null;

let drawing: Extract<Command, { type: "draw" }> | null = null;
let drawingIsNew = false;
let lastPrediction = 0;
let stepsAtPrediction = 0;

/** A test under way. */
interface Test {
  readonly batches: AsyncIterator<[Tensor, Tensor]>;
  right: number;
  images: number;
  ms: number;
}
let test: Test | null = null;
/** Since the last test. */
let trainedMs = 0;
let testMs = 0;
let stepsAtTest = 0;

const inbox: Command[] = [];
let wake = (): void => {};
page.onmessage = ({ data }) => {
  inbox.push(data);
  wake();
};

function status(status: Status): void {
  const known = training !== null || status === "compiling";
  tell({ type: "status", status, backend: known ? settings.backend : null });
}

async function work(): Promise<void> {
  status("loading");
  tell({ type: "ready", backends: await findBackends() });
  status("preparing");
  useDrawnDigits();
  status("idle");
  for (;;) {
    const idle = !running && !predictionIsDue();
    if (idle && inbox.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    else await macrotask();
    try {
      for (const command of inbox.splice(0)) await obey(command);
      if (predictionIsDue()) await predict();
      if (!running) continue;
      if (test) await testBatch();
      else await step();
    } catch (error) {
      fail(error);
    }
  }
}

async function obey(command: Command): Promise<void> {
  switch (command.type) {
    case "start":
      settings = command;
      await start();
      break;
    case "settings": {
      const moved = command.backend !== settings.backend;
      settings = command;
      if (!training) break;
      training.lr = settings.lr;
      training.batchSize = settings.batchSize;
      // A training that is paused is moved when it goes on.
      if (moved && running) await start();
      break;
    }
    case "pause":
      if (!running) break;
      running = false;
      await finishStep();
      report();
      status("paused");
      break;
    case "reset":
      running = false;
      forget();
      tell({ type: "reset" });
      status("idle");
      break;
    case "draw":
      drawing = command;
      drawingIsNew = true;
      break;
    case "files":
      await addFiles(command.files);
      break;
    case "drawn":
      useDrawnDigits();
      break;
  }
}

/** Begins, goes on, or goes on elsewhere. */
async function start(): Promise<void> {
  await finishStep();
  if (training?.backend.name !== settings.backend) {
    status("compiling");
    const backend = await backendNamed(settings.backend);
    setBackend(backend);
    test = null;
    if (training) training = await training.copy(backend);
    else {
      manualSeed(0);
      training = new Training(backend);
      trainedMs = 0;
    }
  }
  // After a move that failed it is another one.
  setBackend(training.backend);
  training.lr = settings.lr;
  training.batchSize = settings.batchSize;
  pace.clear();
  running = true;
  // The first step compiles what the others use.
  const trained = trainedMs;
  await warmUp(training.backend, async () => {
    await step();
    await finishStep();
  });
  report();
  trainedMs = trained;
  pace.clear();
  status("training");
}

async function step(): Promise<void> {
  const begun = performance.now();
  const batch = await training!.nextBatch(digits!);
  const loss = training!.step(batch);
  // Looked at below; an error must not count as unhandled before.
  loss.catch(() => {});
  await finishStep();
  pending = loss;
  // With the CPU it is there already; a GPU is left at work while the next step is written.
  if (training!.backend.readSync) await finishStep();
  const ms = performance.now() - begun;
  trainedMs += ms;
  pace.add(batch[1].numel, ms);
  if (performance.now() - lastReport > REPORT_MS) report();
  if (trainedMs > Math.max(LEAST_MS_BETWEEN_TESTS, TRAINING_PER_TEST * testMs)) beginTest();
}
async function finishStep(): Promise<void> {
  const loss = pending;
  pending = null;
  if (loss) losses.push(await loss);
}

function report(): void {
  if (!training || losses.length === 0) return;
  lastReport = performance.now();
  const { live, reserved } = training.backend.memory();
  tell({
    type: "progress",
    losses,
    examplesPerSecond: pace.examplesPerSecond,
    epoch: training.epochs + 1,
    live,
    reserved,
  });
  losses = [];
}

function beginTest(): void {
  const loader = new DataLoader(subset(digits!.test, TEST_IMAGES), { batchSize: TEST_BATCH });
  test = { batches: loader[Symbol.asyncIterator](), right: 0, images: 0, ms: 0 };
  stepsAtTest = training!.steps;
}
async function testBatch(): Promise<void> {
  const begun = performance.now();
  await finishStep();
  const { done, value } = await test!.batches.next();
  if (!done) {
    const [images, labels] = value;
    const [classes, wanted] = await Promise.all([training!.classes(images), labels.data()]);
    test!.right += classes.filter((c, i) => c === wanted[i]).length;
    test!.images += classes.length;
    test!.ms += performance.now() - begun;
    return;
  }
  const [images] = digits!.test.getBatch(spread(digits!.test, SAMPLES));
  const guesses = await training!.classes(images);
  const { right, images: count, ms } = test!;
  tell({ type: "accuracy", step: stepsAtTest, accuracy: right / count, images: count, guesses });
  test = null;
  trainedMs = 0;
  testMs = ms;
}

function predictionIsDue(): boolean {
  if (!drawing?.pixels || !training) return false;
  if (drawingIsNew) return true;
  if (training.steps <= stepsAtPrediction) return false;
  return !running || performance.now() - lastPrediction > PREDICTION_MS;
}
async function predict(): Promise<void> {
  drawingIsNew = false;
  stepsAtPrediction = training!.steps;
  const { id, pixels } = drawing!;
  const probabilities = await training!.probabilities(pixels!);
  lastPrediction = performance.now();
  tell({ type: "prediction", id, probabilities });
}

function useDigits(next: Digits): void {
  digits = next;
  samples = samplesOf(next.test, SAMPLES);
  training?.newData();
  test = null;
  // A network that knows other digits is asked about these at once.
  trainedMs = Infinity;
  const { name, train, test: held } = next;
  tell({ type: "data", name, train: train.length, test: held.length, samples });
}
function useDrawnDigits(): void {
  drawn ??= new DrawnDigits();
  useDigits(drawn);
}
async function addFiles(list: readonly File[]): Promise<void> {
  const problems = (await files.addAll(list)).map(messageOf);
  tell({ type: "files", problems, missing: files.missing });
  const complete = files.digits;
  if (complete && problems.length < list.length) useDigits(complete);
}

function forget(): void {
  training = null;
  pending = null;
  test = null;
  losses = [];
  trainedMs = testMs = 0;
  stepsAtPrediction = 0;
  pace.clear();
}

/** Training stops; what was learnt stays, unless the device is lost with it. */
function fail(error: unknown): void {
  running = false;
  pending = null;
  test = null;
  drawingIsNew = false;
  stepsAtPrediction = Infinity;
  const hint = isLost(error) ? " Reset begins anew, on a new device." : "";
  tell({ type: "error", message: messageOf(error) + hint });
  status(training ? "paused" : "idle");
}
/** Of the device nothing can be had any more: neither what was learnt nor anything new. */
const isLost = (error: unknown): boolean =>
  error instanceof DlError && error.code === "device" && training?.backend.name === "webgpu";
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

void work();

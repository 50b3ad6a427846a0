/** The page: it shows what the worker reports, and passes on what is clicked, drawn and dropped. */
import { Chart } from "./chart.ts";
import { Pad } from "./pad.ts";
import {
  type BackendName,
  type Channel,
  type Command,
  DRAWN,
  type Report,
  type Sample,
  type Settings,
  type Status,
} from "./protocol.ts";
import { digitOf, type Stroke } from "./strokes.ts";

const element = <E extends HTMLElement = HTMLElement>(id: string): E =>
  document.getElementById(id) as E;
const run = element<HTMLButtonElement>("run");
const reset = element<HTMLButtonElement>("reset");
const lr = element<HTMLInputElement>("lr");
const batchSize = element<HTMLSelectElement>("batch-size");
const backendInputs = document.querySelectorAll<HTMLInputElement>('input[name="backend"]');
const seen = element<HTMLCanvasElement>("seen");

const worker = new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module" });
const channel = worker as Channel<Command, Report>;
const tell = (command: Command): void => channel.postMessage(command);

const chart = new Chart(element("chart"));
let status: Status = "loading";
let samples: readonly Sample[] = [];
let guesses: readonly number[] = [];
/** How many there were on the pad, and the last one's label if it is a sample. */
let drawings = 0;
let shown: number | null = null;

// ---- what the worker reports --------------------------------------------------------------------------------------

channel.onmessage = ({ data: report }) => {
  switch (report.type) {
    case "ready":
      showBackends(report.backends);
      break;
    case "status":
      showStatus(report.status, report.backend);
      break;
    case "progress":
      chart.add(report.losses);
      write("loss", short(chart.loss));
      write("steps", count(chart.steps, "step"));
      write("speed", Math.round(report.examplesPerSecond).toLocaleString("en"));
      write("epoch", `epoch ${report.epoch}`);
      write("memory", megabytes(report.live));
      write("reserved", `${megabytes(report.reserved)} reserved`);
      break;
    case "accuracy":
      chart.addTest(report);
      write("accuracy", percent(report.accuracy));
      write("tested", `of ${count(report.images, "test digit")}`);
      guesses = report.guesses;
      showGuesses();
      break;
    case "prediction":
      // An answer to what has been drawn over meanwhile is none.
      if (report.id === drawings) showProbabilities(report.probabilities);
      break;
    case "data":
      samples = report.samples;
      guesses = [];
      write(
        "data-name",
        report.name === DRAWN
          ? "Drawn by this page: 10,000 to train on, and others to test on, such as these:"
          : `${report.name}: ${report.train.toLocaleString("en")} to train on. Some of ${report.test.toLocaleString("en")} to test on:`,
      );
      element("drawn").hidden = report.name === DRAWN;
      showSamples();
      break;
    case "files":
      for (const problem of report.problems) showMessage(problem);
      write(
        "missing",
        report.missing.length ? `Still to come: ${report.missing.join(" and ")}.` : "",
      );
      break;
    case "reset":
      chart.clear();
      for (const id of ["loss", "accuracy", "speed", "memory"]) write(id, "–");
      for (const id of ["epoch", "reserved"]) write(id, "\u00a0");
      write("steps", "no steps yet");
      write("tested", "not tested yet");
      guesses = [];
      showGuesses();
      showProbabilities(null);
      break;
    case "error":
      showMessage(report.message);
      break;
    default:
      report satisfies never;
  }
};
worker.onerror = (event) => {
  event.preventDefault();
  showMessage(event.message || "The worker that trains could not be started.");
};

const NAMES: Record<BackendName, string> = { cpu: "CPU", webgpu: "WebGPU" };
const STATUS: Record<Status, string> = {
  loading: "Loading",
  idle: "Ready",
  preparing: "Drawing digits",
  compiling: "Compiling",
  training: "Training",
  paused: "Paused",
};
function showStatus(next: Status, backend: BackendName | null): void {
  status = next;
  const pill = element("status");
  pill.dataset.status = next;
  pill.querySelector("b")!.textContent =
    backend && next !== "paused" ? `${STATUS[next]} on ${NAMES[backend]}` : STATUS[next];
  run.textContent =
    { training: "Pause", compiling: "Pause", paused: "Resume" }[next as string] ?? "Start";
  run.disabled = next === "loading" || next === "preparing";
  reset.disabled = chart.steps === 0 && (next === "idle" || next === "loading");
}

function showBackends(backends: Extract<Report, { type: "ready" }>["backends"]): void {
  const notes: string[] = [];
  for (const input of backendInputs) {
    const name = input.value as BackendName;
    const found = backends[name];
    input.disabled = !found.available;
    if (found.available && found.preferred) input.checked = true;
    const note = found.available ? found.description : `not available: ${found.reason}`;
    notes.push(`${NAMES[name]}: ${note}`);
    input.parentElement!.title = note;
  }
  write("backend-note", notes.map((note) => note.replace(/\.?$/, ".")).join(" "));
}

const bars = Array.from({ length: 10 }, (_, digit) => {
  const bar = document.createElement("li");
  bar.innerHTML = `<span>${digit}</span><i aria-hidden="true"></i><span></span>`;
  element("bars").append(bar);
  return bar;
});
function showProbabilities(probabilities: readonly number[] | null): void {
  const best = probabilities?.indexOf(Math.max(...probabilities));
  bars.forEach((bar, digit) => {
    const p = probabilities?.[digit];
    bar.style.setProperty("--share", String(p ?? 0));
    bar.classList.toggle("best", digit === best);
    bar.lastElementChild!.textContent = p === undefined ? "" : `${Math.round(100 * p)} %`;
    bar.dataset.probability = p === undefined ? "" : String(p);
  });
  const answer = element("answer");
  if (!probabilities || best === undefined) answer.textContent = "";
  else {
    const sure = probabilities[best] > 0.8 ? "This is a" : "Perhaps a";
    const truth = shown === null ? "" : shown === best ? " It is." : ` It is a ${shown}.`;
    const html = `${sure} <b>${best}</b>.${truth}`;
    // Only what is new is read aloud.
    if (answer.innerHTML !== html) answer.innerHTML = html;
  }
}

/** Paints 28×28 bytes. */
function paint(canvas: HTMLCanvasElement, pixels: Uint8Array | null): void {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(28, 28);
  for (let i = 0; i < 28 * 28; i++) {
    image.data.fill(pixels?.[i] ?? 0, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
function showSamples(): void {
  const items = samples.map((sample) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 28;
    paint(canvas, sample.pixels);
    button.append(canvas, document.createElement("span"));
    button.addEventListener("click", () => {
      shown = sample.label;
      pad.show(canvas);
      paint(seen, sample.pixels);
      tell({ type: "draw", id: ++drawings, pixels: sample.pixels });
    });
    item.append(button);
    return item;
  });
  element("samples").replaceChildren(...items);
  showGuesses();
}
function showGuesses(): void {
  element("samples")
    .querySelectorAll("button")
    .forEach((button, i) => {
      const { label } = samples[i];
      const guess = guesses[i];
      const isRight = guess === label;
      const mark = button.querySelector("span")!;
      mark.textContent = String(guess ?? "?");
      mark.className = guess === undefined ? "" : isRight ? "right" : "wrong";
      const taken = guess === undefined ? "" : `, taken for a ${guess}`;
      button.title = `A ${label}${taken}: click to see the probabilities`;
      button.ariaLabel = `Test digit ${label}${taken}. Show its probabilities`;
    });
}

function showMessage(message: string): void {
  const box = document.createElement("div");
  const words = document.createElement("span");
  words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Dismiss";
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  element("messages").append(box);
  box.scrollIntoView({ block: "nearest" });
}

const write = (id: string, words: string): void => {
  element(id).textContent = words;
};
const count = (n: number, what: string): string =>
  `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
const short = (x: number | undefined): string =>
  x === undefined ? "–" : x >= 0.1 || x < 1e-4 ? x.toPrecision(3) : x.toFixed(4);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 1e8 ? 1 : 0 })} MB`;

// ---- what is clicked, drawn and dropped ---------------------------------------------------------------------------

const settings = (): Settings => ({
  backend: [...backendInputs].find((input) => input.checked)!.value as BackendName,
  lr: 10 ** Number(lr.value),
  batchSize: Number(batchSize.value),
});
const isRunning = (): boolean => status === "training" || status === "compiling";
run.addEventListener("click", () => {
  tell(isRunning() ? { type: "pause" } : { type: "start", ...settings() });
});
reset.addEventListener("click", () => tell({ type: "reset" }));
lr.addEventListener("input", () => {
  write("lr-value", String(Number(settings().lr.toPrecision(2))));
});
for (const input of [lr, batchSize, ...backendInputs])
  input.addEventListener("change", () => tell({ type: "settings", ...settings() }));

/** Not more often than the screen changes. */
let strokesToTell: readonly Stroke[] | null = null;
const pad = new Pad(element<HTMLCanvasElement>("pad"), (strokes) => {
  shown = null;
  if (!strokesToTell) requestAnimationFrame(tellStrokes);
  strokesToTell = strokes;
});
function tellStrokes(): void {
  const pixels = strokesToTell!.length > 0 ? digitOf(strokesToTell!) : null;
  strokesToTell = null;
  paint(seen, pixels);
  tell({ type: "draw", id: ++drawings, pixels });
  if (!pixels) showProbabilities(null);
  else if (chart.steps === 0)
    element("answer").textContent = "It has learnt nothing yet: press Start.";
}
element("clear").addEventListener("click", () => pad.clear());
paint(seen, null);

const files = element<HTMLInputElement>("files");
element("pick").addEventListener("click", () => files.click());
files.addEventListener("change", () => {
  tell({ type: "files", files: [...(files.files ?? [])] });
  files.value = "";
});
element("drawn").addEventListener("click", () => tell({ type: "drawn" }));
// Anywhere on the page: a file that misses the frame would replace the page.
for (const type of ["dragenter", "dragover", "dragleave", "drop"] as const)
  addEventListener(type, (event) => {
    event.preventDefault();
    const inside = type === "dragover" || type === "dragenter";
    document.body.classList.toggle("dragging", inside);
    const dropped = event.dataTransfer?.files;
    if (type === "drop" && dropped?.length) tell({ type: "files", files: [...dropped] });
  });

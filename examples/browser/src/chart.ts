/**
 * The loss of every step, with its running mean, on a logarithmic scale; below it the accuracy of tests. However many
 * steps there are, at most one piece of line is drawn for each column of pixels.
 */

const LEFT = 44;
const RIGHT = 10;
const TOP = 26;
const GAP = 44;
const BOTTOM = 24;
/** What a loss weighs in the running mean: at first more, since the loss falls fast. */
const weight = (step: number): number => Math.max(0.08, 1 / (1 + step / 8));

interface Tested {
  readonly step: number;
  readonly accuracy: number;
}
/** From a value to a place in pixels. */
type Scale = (value: number) => number;

export class Chart {
  readonly #svg: SVGSVGElement;
  #losses: number[] = [];
  #means: number[] = [];
  #tests: Tested[] = [];
  #isDue = false;
  #pointer: number | null = null;

  constructor(container: HTMLElement) {
    this.#svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.#svg.setAttribute("role", "img");
    container.append(this.#svg);
    new ResizeObserver(() => this.#plan()).observe(container);
    container.addEventListener("pointermove", (event) => {
      this.#pointer = event.clientX - container.getBoundingClientRect().left;
      this.#plan();
    });
    container.addEventListener("pointerleave", () => {
      this.#pointer = null;
      this.#plan();
    });
  }

  /** The running mean of the last step. */
  get loss(): number | undefined {
    return this.#means.at(-1);
  }
  get steps(): number {
    return this.#losses.length;
  }
  add(losses: readonly number[]): void {
    for (const loss of losses) {
      const mean = this.loss ?? loss;
      this.#means.push(mean + weight(this.#losses.length) * (loss - mean));
      this.#losses.push(loss);
    }
    this.#plan();
  }
  addTest(test: Tested): void {
    this.#tests.push(test);
    this.#plan();
  }
  clear(): void {
    this.#losses = [];
    this.#means = [];
    this.#tests = [];
    this.#plan();
  }

  /** Once before the next picture on the screen, whatever happens until then. */
  #plan(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const svg = this.#svg;
    const { clientWidth: width, clientHeight: height } = svg;
    if (width === 0) return;
    const n = this.#losses.length;
    const between = Math.round(TOP + (height - TOP - GAP - BOTTOM) * 0.66);
    svg.dataset.points = String(n);
    svg.dataset.last = String(this.#losses.at(-1) ?? "");
    svg.setAttribute("aria-label", this.#description());
    const right = width - RIGHT;
    const last = Math.max(n, 20);
    const x: Scale = (step) => LEFT + ((step - 1) / (last - 1)) * (right - LEFT);
    const [low, high] = this.#domain();
    const logs = Math.log(high / low);
    const y: Scale = (loss) =>
      between - (Math.log(Math.max(low, loss) / low) / logs) * (between - TOP);
    const floor = height - BOTTOM;
    const z: Scale = (accuracy) => floor - accuracy * (floor - between - GAP);

    svg.innerHTML = [
      text(LEFT, TOP - 12, "Loss", "title"),
      `<text x="${LEFT + 36}" y="${TOP - 12}">of each batch, and its running mean</text>`,
      ...lossTicks(low, high).map((v) => gridLine(y(v), right, String(v))),
      text(LEFT, between + GAP - 12, "Test accuracy", "title"),
      ...[0, 0.5, 1].map((v) => gridLine(z(v), right, `${100 * v} %`)),
      ...stepTicks(last).map((v) => text(x(v), height - 6, v.toLocaleString("en"), "", "middle")),
      n === 0
        ? text((LEFT + right) / 2, (TOP + between) / 2 + 5, "Press Start to begin", "empty")
        : "",
      `<path class="each" d="${this.#range(x, y)}"/>`,
      `<path class="mean" d="${this.#line(x, y)}"/>`,
      `<path class="accuracy" d="${path(this.#tests.map((t) => [x(t.step), z(t.accuracy)]))}"/>`,
      ...this.#tests
        .slice(-1)
        .map((t) => `<circle cx="${x(t.step)}" cy="${z(t.accuracy)}" r="3.5"/>`),
      this.#cursor(x, right, last, floor),
    ].join("");
  }

  /** What the chart says, for those who do not see it. */
  #description(): string {
    if (this.#means.length === 0) return "A chart of the loss, which is empty yet";
    const [first, now] = [this.#losses[0], this.#means.at(-1)!].map((v) => v.toPrecision(3));
    const test = this.#tests.at(-1);
    return (
      `The loss over ${this.#losses.length} steps: ${first} at first, ${now} now` +
      (test ? `; test accuracy ${(100 * test.accuracy).toFixed(1)} %` : "")
    );
  }
  #domain(): [low: number, high: number] {
    if (this.#means.length === 0) return [0.1, 3];
    let [low, high] = [Infinity, 0];
    for (const mean of this.#means) {
      if (mean < low) low = mean;
      if (mean > high) high = mean;
    }
    if (!(low > 0 && high < Infinity)) return [0.1, 3];
    return [Math.min(0.4, Math.max(1e-5, low * 0.35)), Math.max(3, high * 1.15)];
  }
  /** From the least to the greatest loss of each column. */
  #range(x: Scale, y: Scale): string {
    const pieces: string[] = [];
    const last = this.#losses.length - 1;
    for (let i = 0; i <= last; ) {
      const column = Math.round(x(i + 1));
      let [low, high] = [Infinity, 0];
      const begin = i;
      for (; i <= last && (i === begin || Math.round(x(i + 1)) === column); i++) {
        low = Math.min(low, this.#losses[i]);
        high = Math.max(high, this.#losses[i]);
      }
      pieces.push(`${column} ${y(high).toFixed(1)}`, `${column} ${y(low).toFixed(1)}`);
    }
    return pieces.length ? `M${pieces.join("L")}` : "";
  }
  #line(x: Scale, y: Scale): string {
    const points: [number, number][] = [];
    this.#means.forEach((mean, i) => {
      const place: [number, number] = [x(i + 1), y(mean)];
      // The last of a column stands for all.
      if (points.length && Math.round(points.at(-1)![0]) === Math.round(place[0])) points.pop();
      points.push(place);
    });
    return path(points);
  }
  #cursor(x: Scale, right: number, last: number, floor: number): string {
    const n = this.#losses.length;
    if (this.#pointer === null || n === 0) return "";
    const step = Math.round(1 + ((this.#pointer - LEFT) / (right - LEFT)) * (last - 1));
    if (step < 1 || step > n) return "";
    const at = x(step);
    const label = `step ${step.toLocaleString("en")}: ${this.#means[step - 1].toPrecision(3)}`;
    return (
      `<line class="cursor" x1="${at}" x2="${at}" y1="${TOP}" y2="${floor}"/>` +
      text(right, TOP - 12, label, "title", "end")
    );
  }
}

function text(x: number, y: number, label: string, kind = "", anchor = ""): string {
  return `<text x="${x}" y="${y}" class="${kind}"${anchor && ` text-anchor="${anchor}"`}>${label}</text>`;
}
function gridLine(y: number, right: number, label: string): string {
  return (
    `<line class="grid" x1="${LEFT}" x2="${right}" y1="${y}" y2="${y}"/>` +
    text(LEFT - 8, y + 4, label, "", "end")
  );
}
const path = (points: readonly (readonly [number, number])[]): string =>
  points.length ? `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}` : "";

/** 1, 2 and 5 times powers of ten; where that is too much, the powers alone. */
function lossTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  const steps = high / low > 500 ? [1] : [1, 2, 5];
  for (let power = -6; power < 6; power++)
    for (const step of steps) {
      const value = Number(`${step}e${power}`);
      if (value >= low && value <= high) ticks.push(value);
    }
  return ticks;
}
function stepTicks(last: number): number[] {
  const rough = last / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= rough)!;
  const ticks = [];
  for (let tick = step; tick <= last; tick += step) ticks.push(tick);
  return ticks;
}

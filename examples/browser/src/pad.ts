import type { Point } from "./strokes.ts";

/** What a press of an arrow moves the pen by. */
const STEP = 1 / 36;
const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** A canvas to draw on: by mouse, finger, pen or keyboard. It tells of every change. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: (strokes: readonly Point[][]) => void;
  #strokes: Point[][] = [];
  /** Instead of strokes: a digit of the data. */
  #image: CanvasImageSource | null = null;
  /** The keyboard's pen. */
  #pen: Point = { x: 0.5, y: 0.3 };
  #penIsDown = false;

  constructor(canvas: HTMLCanvasElement, onChange: (strokes: readonly Point[][]) => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["focus", "blur"]) canvas.addEventListener(type, () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  clear(): void {
    this.#strokes = [];
    this.#image = null;
    this.#penIsDown = false;
    this.#changed();
  }
  /** Shows an image in place of what was drawn. */
  show(image: CanvasImageSource): void {
    this.#strokes = [];
    this.#image = image;
    this.draw();
  }

  draw(): void {
    const canvas = this.#canvas;
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, side, side);
    if (this.#image) {
      context.imageSmoothingEnabled = false;
      context.drawImage(this.#image, 0, 0, side, side);
    }
    const style = getComputedStyle(canvas);
    context.lineWidth = side / 14;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = style.color;
    for (const stroke of this.#strokes) {
      context.beginPath();
      context.moveTo(stroke[0].x * side, stroke[0].y * side);
      for (const { x, y } of stroke) context.lineTo(x * side, y * side);
      context.stroke();
    }
    if (!canvas.matches(":focus-visible")) return;
    context.lineWidth = devicePixelRatio * 2;
    context.strokeStyle = context.fillStyle = style.outlineColor;
    context.beginPath();
    context.arc(this.#pen.x * side, this.#pen.y * side, side / 28, 0, 7);
    if (this.#penIsDown) context.fill();
    context.stroke();
  }

  #changed(): void {
    this.draw();
    this.#onChange(this.#strokes);
  }
  #begin(point: Point): void {
    this.#image = null;
    this.#strokes.push([point]);
    this.#changed();
  }
  #place(event: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const within = (v: number) => Math.max(0, Math.min(1, v));
    return {
      x: within((event.clientX - left) / width),
      y: within((event.clientY - top) / height),
    };
  }
  #down(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#penIsDown = false;
    this.#begin(this.#place(event));
  }
  #move(event: PointerEvent): void {
    if (!this.#canvas.hasPointerCapture(event.pointerId)) return;
    const events = event.getCoalescedEvents();
    this.#strokes.at(-1)?.push(...(events.length ? events : [event]).map((e) => this.#place(e)));
    this.#changed();
  }
  #key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const within = (v: number) => Math.max(0, Math.min(1, v));
      this.#pen = { x: within(this.#pen.x + arrow[0]), y: within(this.#pen.y + arrow[1]) };
      if (this.#penIsDown) {
        this.#strokes.at(-1)?.push(this.#pen);
        this.#changed();
      } else this.draw();
    } else if (event.key === " ") {
      this.#penIsDown = !this.#penIsDown;
      if (this.#penIsDown) this.#begin(this.#pen);
      else this.draw();
    } else if (["Escape", "Delete", "Backspace"].includes(event.key)) this.clear();
    else return;
    event.preventDefault();
  }
}

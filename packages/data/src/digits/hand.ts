/**
 * A hand that writes: takes a glyph's strokes, shakes and bends them, and leads a round pen of changing width along.
 *
 * Points are moved (together where they coincide), the whole is bent by a slow wave, slanted, turned, fitted into the
 * box that MNIST fits its digits into (20 of 28 pixels), and moved a little. A pixel's grey is how far the pen covers it.
 */
import type { Generator } from "@dl/tensor";
import type { Glyph, Stroke } from "./glyphs.ts";

/** Pieces that the curve between two points of a stroke is cut into. */
const PIECES = 6;

interface Pen {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export class Hand {
  readonly #random: Generator;
  constructor(random: Generator) {
    this.#random = random;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform32();
  }
  pick<T>(list: readonly T[]): T {
    return list[this.#random.uint32() % list.length];
  }
  /** Nearly normal, and never further out than 3.5: a sum of four uniform numbers. */
  around(mean: number, spread: number): number {
    const r = this.#random;
    const sum = r.uniform32() + r.uniform32() + r.uniform32() + r.uniform32();
    return mean + spread * (sum - 2) * Math.sqrt(3);
  }

  /** Writes the glyph into `out`, a grey image of `size` × `size` at `at`. */
  write(glyph: Glyph, out: Uint8Array, at: number, size: number): void {
    const pixel = size / 28;
    const curves = this.#lead(this.#bend(this.#shake(glyph)), pixel);
    const ink = new Float32Array(size * size);
    const soft = this.between(0.9, 1.5);
    for (const curve of curves)
      for (let i = 0; i + 1 < curve.length; i++) cover(ink, size, curve[i], curve[i + 1], soft);
    const black = this.between(0.85, 1) * 255;
    const noise = this.between(0, 0.04) * 255;
    for (let i = 0; i < ink.length; i++)
      out[at + i] = Math.max(0, Math.min(255, Math.round(ink[i] * black + this.around(0, noise))));
  }

  /** Every point a little elsewhere; points in one place stay together, but for a careless start or end of a stroke. */
  #shake(glyph: Glyph): number[][] {
    const shift = new Map<string, [number, number]>();
    const spread = this.between(0.012, 0.035);
    return glyph.map((stroke) => {
      const moved: number[] = [];
      for (let i = 0; i < stroke.length; i += 2) {
        const key = `${stroke[i]} ${stroke[i + 1]}`;
        const known = shift.get(key) ?? [this.around(0, spread), this.around(0, spread)];
        shift.set(key, known);
        const careless = i === 0 || i + 2 === stroke.length ? 0.018 : 0;
        moved.push(
          stroke[i] + known[0] + this.around(0, careless),
          stroke[i + 1] + known[1] + this.around(0, careless),
        );
      }
      return moved;
    });
  }

  /** Wave, width, slant and turn. */
  #bend(strokes: readonly Stroke[]): number[][] {
    const [high, phase, rate] = [this.around(0, 0.025), this.between(0, 6.3), this.between(3, 7)];
    const [high2, phase2] = [this.around(0, 0.025), this.between(0, 6.3)];
    const width = this.between(0.7, 1.2);
    const slant = this.around(0.12, 0.2);
    const turn = this.around(0, 0.1);
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    return strokes.map((stroke) => {
      const bent: number[] = [];
      for (let i = 0; i < stroke.length; i += 2) {
        const v = stroke[i + 1] - 0.5 + high2 * Math.sin(phase2 + rate * stroke[i]);
        const u =
          (stroke[i] - 0.5 + high * Math.sin(phase + rate * stroke[i + 1])) * width - slant * v;
        bent.push(cos * u - sin * v, sin * u + cos * v);
      }
      return bent;
    });
  }

  /** Smooth curves in pixels, with the pen's radius at each point. */
  #lead(strokes: readonly Stroke[], pixel: number): Pen[][] {
    const curves = strokes.map(smooth);
    const xs = curves.flatMap((c) => c.map(([x]) => x));
    const ys = curves.flatMap((c) => c.map(([, y]) => y));
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    const radius = this.between(0.7, 1.6) * pixel;
    const extent = this.between(17, 20.5) * pixel - 2 * radius;
    const scale = extent / Math.max(right - left, bottom - top);
    const middleX = 14 * pixel + this.around(0, 0.9) * pixel;
    const middleY = 14 * pixel + this.around(0, 0.9) * pixel;
    const pressure = this.between(0, 0.3);
    return curves.map((curve) => {
      const phase = this.between(0, 6.3);
      return curve.map(([x, y], i) => ({
        x: middleX + scale * (x - (left + right) / 2),
        y: middleY + scale * (y - (top + bottom) / 2),
        radius: radius * (1 + pressure * Math.sin(phase + (3 * i) / curve.length)),
      }));
    });
  }
}

/** A Catmull–Rom curve through the points. */
function smooth(stroke: Stroke): [x: number, y: number][] {
  const n = stroke.length / 2;
  const at = (i: number): [number, number] => {
    const k = 2 * Math.max(0, Math.min(n - 1, i));
    return [stroke[k], stroke[k + 1]];
  };
  const curve: [number, number][] = [at(0)];
  for (let i = 0; i + 1 < n; i++) {
    const points = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let piece = 1; piece <= PIECES; piece++) {
      const s = piece / PIECES;
      const weights = [
        s * (s * (2 - s) - 1),
        s * s * (3 * s - 5) + 2,
        s * (s * (4 - 3 * s) + 1),
        s * s * (s - 1),
      ];
      const along = (axis: 0 | 1): number =>
        weights.reduce((sum, w, k) => sum + w * points[k][axis], 0) / 2;
      curve.push([along(0), along(1)]);
    }
  }
  return curve;
}

/** Darkens what a pen covers on its way from `a` to `b`; edges fade over `soft` pixels. */
function cover(ink: Float32Array, size: number, a: Pen, b: Pen, soft: number): void {
  const reach = Math.max(a.radius, b.radius) + soft;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length2 = dx * dx + dy * dy || 1e-12;
  const left = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach));
  const right = Math.min(size - 1, Math.ceil(Math.max(a.x, b.x) + reach));
  const top = Math.max(0, Math.floor(Math.min(a.y, b.y) - reach));
  const bottom = Math.min(size - 1, Math.ceil(Math.max(a.y, b.y) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [px, py] = [column + 0.5 - a.x, row + 0.5 - a.y];
      const way = Math.max(0, Math.min(1, (px * dx + py * dy) / length2));
      const [ox, oy] = [px - way * dx, py - way * dy];
      const radius = a.radius + way * (b.radius - a.radius);
      const grey = 0.5 + (radius - Math.sqrt(ox * ox + oy * oy)) / soft;
      const i = row * size + column;
      if (grey > ink[i]) ink[i] = Math.min(1, grey);
    }
  }
}

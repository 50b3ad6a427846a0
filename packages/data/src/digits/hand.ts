/**
 * A hand that writes: takes a glyph's strokes, shakes and bends them, and leads a round pen of changing width along.
 *
 * Points are moved (together where they coincide), the whole is bent by a slow wave, slanted, turned, fitted into the
 * box that MNIST fits its digits into (20 of 28 pixels), and moved a little. A pixel's grey is how far the pen covers it.
 */
import type { Generator } from "@dl/tensor/core";
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
      out[at + i] = Math.max(0, Math.min(255, ink[i] * black + this.#grain() * noise + 0.5));
  }
  /** Nearly normal, quickly: a sum of the four bytes of one number. */
  #grain(): number {
    const bits = this.#random.uint32();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    return (sum - 510) / 148;
  }

  /** Every point a little elsewhere; points in one place stay together, but for a careless start or end of a stroke. */
  #shake(glyph: Glyph): number[][] {
    const shift = new Map<string, [number, number]>();
    const spread = this.between(0.012, 0.042);
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
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const curve of curves) {
      for (let i = 0; i < curve.length; i += 2) {
        left = Math.min(left, curve[i]);
        right = Math.max(right, curve[i]);
        top = Math.min(top, curve[i + 1]);
        bottom = Math.max(bottom, curve[i + 1]);
      }
    }
    const radius = this.between(0.7, 1.6) * pixel;
    const extent = this.between(17, 20.5) * pixel - 2 * radius;
    const scale = extent / Math.max(right - left, bottom - top);
    const middleX = 14 * pixel + this.around(0, 0.9) * pixel;
    const middleY = 14 * pixel + this.around(0, 0.9) * pixel;
    const pressure = this.between(0, 0.3);
    return curves.map((curve) => {
      const phase = this.between(0, 6.3);
      return Array.from({ length: curve.length / 2 }, (_, i) => ({
        x: middleX + scale * (curve[2 * i] - (left + right) / 2),
        y: middleY + scale * (curve[2 * i + 1] - (top + bottom) / 2),
        radius: radius * (1 + pressure * Math.sin(phase + (6 * i) / curve.length)),
      }));
    });
  }
}

/** For each piece of a Catmull–Rom curve the weights of the four points around it. */
const WEIGHTS = Array.from({ length: PIECES }, (_, piece) => {
  const s = (piece + 1) / PIECES;
  return [
    s * (s * (2 - s) - 1),
    s * s * (3 * s - 5) + 2,
    s * (s * (4 - 3 * s) + 1),
    s * s * (s - 1),
  ].map((w) => w / 2);
});

/** A Catmull–Rom curve through the points, as straight pieces: x, y, x, y, … */
function smooth(stroke: Stroke): number[] {
  const last = stroke.length - 2;
  const curve = [stroke[0], stroke[1]];
  for (let i = 0; i < last; i += 2) {
    const [before, next, after] = [Math.max(0, i - 2), i + 2, Math.min(last, i + 4)];
    for (const [a, b, c, d] of WEIGHTS)
      for (let axis = 0; axis < 2; axis++)
        curve.push(
          a * stroke[before + axis] +
            b * stroke[i + axis] +
            c * stroke[next + axis] +
            d * stroke[after + axis],
        );
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
      const px = column + 0.5 - a.x;
      const py = row + 0.5 - a.y;
      const way = Math.max(0, Math.min(1, (px * dx + py * dy) / length2));
      const ox = px - way * dx;
      const oy = py - way * dy;
      const radius = a.radius + way * (b.radius - a.radius);
      const grey = 0.5 + (radius - Math.sqrt(ox * ox + oy * oy)) / soft;
      const i = row * size + column;
      if (grey > ink[i]) ink[i] = Math.min(1, grey);
    }
  }
}

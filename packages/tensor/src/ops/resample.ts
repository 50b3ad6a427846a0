/**
 * Resizing, dimension by dimension: along each one a product with the matrix of interpolation weights, or a choice of
 * positions where only the nearest counts. Positions and weights are computed in the precision PyTorch uses, so that
 * neither a chosen neighbour nor a weight differs.
 */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from "./adaptivePool.ts";
import { separate } from "./cast.ts";
import { indexSelect } from "./indexAlong.ts";
import { alongDim, constantLike } from "./lines.ts";

export type InterpolateMode =
  | "nearest"
  | "nearest-exact"
  | "linear"
  | "bilinear"
  | "bicubic"
  | "trilinear"
  | "area"
  | "lanczos";

export interface InterpolateOptions {
  /** Sizes of the result, one for all dimensions or one each. This or `scaleFactor` is needed. */
  size?: number | readonly number[] | null;
  /** Sizes of the result over those of the input. */
  scaleFactor?: number | readonly number[] | null;
  /** Default "nearest". */
  mode?: InterpolateMode;
  /** Whether the centres of the corner elements stay in the corners, instead of the corners' outer edges. Default false. */
  alignCorners?: boolean | null;
  /** Compute with the quotient of the sizes, instead of `scaleFactor` itself. Default false. */
  recomputeScaleFactor?: boolean | null;
  /** Widen the filter where the result is smaller. For "bilinear", "bicubic" and "lanczos". Default false. */
  antialias?: boolean;
}

/** For how many dimensions in space a mode is. */
const MODES: Record<InterpolateMode, readonly number[]> = {
  nearest: [1, 2, 3],
  "nearest-exact": [1, 2, 3],
  linear: [1],
  bilinear: [2],
  bicubic: [2],
  trilinear: [3],
  area: [1, 2, 3],
  lanczos: [2],
};
const AREAS = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];

/** One dimension's part: from n to m elements. */
interface Line {
  readonly n: number;
  readonly m: number;
  /** Elements of the input per element of the result, where that is not n / m. */
  readonly scale: number | null;
  readonly alignCorners: boolean;
  /** To the precision of the computation. */
  readonly round: (x: number) => number;
}

/**
 * Resized to `size`, or by `scaleFactor`.
 *
 *     x [N, C, L], [N, C, H, W] or [N, C, D, H, W]
 *     "nearest"    y[i] = x[⌊i·n/m⌋]: PyTorch's oldest mode, which leans to the front; "nearest-exact" takes the nearest centre
 *     "linear" (3 dimensions), "bilinear" (4), "trilinear" (5)    between the two neighbours
 *     "bicubic" (4)    over four neighbours, with overshoot
 *     "area"    means over parts, as adaptiveAvgPool
 *     "lanczos" (4)    over six, only with antialias
 *
 * @throws DlError "value" for options that do not go together, ShapeError for a rank that the mode is not for.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 *
 * @example
 * interpolate(tensor([[[1, 3]]]), { size: 4, mode: "linear" }) // => [[[1, 1.5, 2.5, 3]]]
 */
export function interpolate(x: Tensor, options: InterpolateOptions = {}): Tensor {
  const { mode = "nearest", antialias = false } = options;
  const dims = x.rank - 2;
  checkMode(x, mode, options);
  const { sizes, scales } = targetOf(x, options);
  if (sizes.some((m) => m < 1) || x.shape.some((n, d) => d > 0 && n === 0))
    throw new ShapeError(
      `interpolate: from ${formatShape(x.shape.slice(2))} to ${formatShape(sizes)}: every size has to be positive`,
    );
  if (mode === "area") return AREAS[dims - 1](x, sizes);
  const round = x.dtype === "float64" ? (a: number) => a : Math.fround;
  const alignCorners = options.alignCorners ?? false;
  const line = (i: number): Line => ({
    n: x.shape[2 + i],
    m: sizes[i],
    scale: scales[i],
    alignCorners,
    round,
  });
  const lines = sizes.map((_, i) => line(i));
  if (mode === "nearest" || mode === "nearest-exact")
    return scope(() => separate(chosen(x, lines, mode === "nearest" ? 0 : 0.5), x));
  return scope(() => {
    let y = x;
    lines.forEach((l, i) => {
      // As in PyTorch a dimension that keeps its size stays as it is, whatever the factor says; but not of plain "bicubic".
      if (l.n === l.m && (l.scale === null || antialias || mode !== "bicubic")) return;
      y = alongDim(y, 2 + i, constantLike(weights(l, mode, antialias), [l.m, l.n], x));
    });
    return separate(y, x);
  });
}

/** The nearest elements: a view where every so manieth is taken, one copy where each is repeated. */
function chosen(x: Tensor, lines: readonly Line[], shift: number): Tensor {
  const repeats = lines.map(() => 1);
  // PyTorch's kernel for small images, and no other, looks at the sizes before it looks at the factor.
  const bySize = shift === 0 && lines.length === 2 && lines[0].m + lines[1].m <= 128;
  let y = x;
  lines.forEach((line, i) => {
    const { n, m } = line;
    const index = nearest(
      bySize && (m === n || m === 2 * n) ? { ...line, scale: null } : line,
      shift,
    );
    const step = m > 1 ? index[1] - index[0] : 1;
    if (m % n === 0 && index.every((at, k) => at === Math.floor((k * n) / m))) repeats[i] = m / n;
    else if (step > 0 && index.every((at, k) => at === index[0] + k * step))
      y = y.slice(2 + i, index[0], index[m - 1] + 1, step);
    else y = indexSelect(y, 2 + i, Tensor.from(index, [m], x.device));
  });
  if (repeats.every((k) => k === 1)) return y;
  const [n, c, ...size] = y.shape;
  return y
    .reshape([n, c, ...size.flatMap((k) => [k, 1])])
    .expand([n, c, ...size.flatMap((k, i) => [k, repeats[i]])])
    .reshape([n, c, ...size.map((k, i) => k * repeats[i])]);
}

function checkMode(
  x: Tensor,
  mode: InterpolateMode,
  { alignCorners = null, antialias = false, size, recomputeScaleFactor }: InterpolateOptions,
): void {
  const dims = x.rank - 2;
  if (!(mode in MODES))
    throw new DlError(
      "value",
      `interpolate: mode is one of ${Object.keys(MODES).join(", ")}, got ${JSON.stringify(mode)}`,
    );
  if (dims < 1 || dims > 3)
    throw new ShapeError(
      `interpolate: the input has to be [N, C, L], [N, C, H, W] or [N, C, D, H, W], got ${formatShape(x.shape)}`,
    );
  if (!MODES[mode].includes(dims)) {
    const fitting = ["linear", "bilinear", "trilinear"][dims - 1];
    throw new ShapeError(
      `interpolate: mode "${mode}" is for ${MODES[mode][0] + 2} dimensions, the input ${formatShape(x.shape)} has ${x.rank}: use mode "${fitting}"`,
    );
  }
  if (alignCorners !== null && ["nearest", "nearest-exact", "area"].includes(mode))
    throw new DlError("value", `interpolate: mode "${mode}" knows no alignCorners`);
  if (antialias && !["bilinear", "bicubic", "lanczos"].includes(mode))
    throw new DlError(
      "value",
      `interpolate: antialias is for modes "bilinear", "bicubic" and "lanczos", not "${mode}"`,
    );
  if (mode === "lanczos" && (!antialias || alignCorners))
    throw new DlError(
      "value",
      'interpolate: mode "lanczos" is only with antialias, and without alignCorners',
    );
  if (recomputeScaleFactor && (size ?? null) !== null)
    throw new DlError(
      "value",
      "interpolate: recomputeScaleFactor is for scaleFactor, not for size",
    );
}

/** The result's sizes, and elements of the input per element of the result where they are given. */
function targetOf(
  x: Tensor,
  { size = null, scaleFactor = null, mode, recomputeScaleFactor }: InterpolateOptions,
): { sizes: readonly number[]; scales: readonly (number | null)[] } {
  const input = x.shape.slice(2);
  if ((size === null) === (scaleFactor === null))
    throw new DlError("value", "interpolate: one of size and scaleFactor is needed");
  const each = (value: number | readonly number[], what: string): readonly number[] => {
    const list = typeof value === "number" ? input.map(() => value) : value;
    if (list.length !== input.length)
      throw new DlError(
        "value",
        `interpolate: ${what} ${formatShape(list)} has to have ${input.length} numbers, as ${formatShape(x.shape)} has dimensions in space`,
      );
    return list;
  };
  if (size !== null) {
    const sizes = each(size, "size");
    if (!sizes.every(Number.isInteger))
      throw new DlError("value", `interpolate: size ${formatShape(sizes)} has to be whole numbers`);
    return { sizes, scales: sizes.map(() => null) };
  }
  const factors = each(scaleFactor!, "scaleFactor");
  const sizes = input.map((n, i) => Math.floor(n * factors[i]));
  const keeps = !recomputeScaleFactor && mode !== "area";
  return { sizes, scales: factors.map((f) => (keeps && f > 0 ? 1 / f : null)) };
}

/** Positions of the nearest elements; `shift` is 0.5 for that of the nearest centre. */
function nearest({ n, m, scale }: Line, shift: number): Int32Array {
  // In float32 whatever the dtype, as in PyTorch: the floor of a product shows how it was rounded.
  const step = Math.fround(scale ?? Math.fround(n) / m);
  return Int32Array.from({ length: m }, (_, i) =>
    Math.min(Math.floor(Math.fround(Math.fround(i + shift) * step)), n - 1),
  );
}

/** Elements of the input from one element of the result to the next. */
function stepOf({ n, m, scale, alignCorners, round }: Line): number {
  if (alignCorners) return m > 1 ? round((n - 1) / (m - 1)) : 0;
  return round(scale ?? n / m);
}

/** The interpolation matrix [m, n], row by row. */
function weights(line: Line, mode: InterpolateMode, antialias: boolean): Float64Array {
  const { n, m, alignCorners, round } = line;
  const matrix = new Float64Array(m * n);
  const step = stepOf(line);
  for (let i = 0; i < m; i++) {
    const put = (at: number, w: number) => {
      matrix[i * n + Math.min(Math.max(at, 0), n - 1)] += w;
    };
    if (antialias) {
      const [first, list] = filtered(line, step, i, FILTERS[mode]!);
      list.forEach((w, k) => put(first + k, w));
      continue;
    }
    const exact = alignCorners ? round(step * i) : round(round(step * round(i + 0.5)) - 0.5);
    if (mode === "bicubic") {
      const at = Math.floor(exact);
      cubic(round(exact - at), -0.75).forEach((w, k) => put(at - 1 + k, w));
    } else {
      const from = Math.max(exact, 0);
      const at = Math.min(Math.floor(from), n - 1);
      const part = Math.min(Math.max(round(from - at), 0), 1);
      put(at, 1 - part);
      put(at + 1, part);
    }
  }
  return matrix;
}

/** Keys' cubic filter at a distance. */
function keys(distance: number, a: number): number {
  const t = Math.abs(distance);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}
/** Weights of the four neighbours of a position that lies `t` behind the second. */
const cubic = (t: number, a: number): number[] =>
  [t + 1, t, 1 - t, 2 - t].map((distance) => keys(distance, a));

interface Filter {
  /** Half its width. */
  readonly radius: number;
  at(distance: number): number;
}
const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const FILTERS: Partial<Record<InterpolateMode, Filter>> = {
  bilinear: { radius: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  // With −½ instead of −¾, as Pillow has it.
  bicubic: { radius: 2, at: (x) => keys(x, -0.5) },
  lanczos: { radius: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** With antialiasing: the first element that row i sees, and the weights from there on. */
function filtered(
  { n }: Line,
  step: number,
  i: number,
  filter: Filter,
): [first: number, weights: number[]] {
  const width = Math.max(step, 1);
  const centre = step * (i + 0.5);
  const first = Math.max(Math.trunc(centre - filter.radius * width + 0.5), 0);
  const end = Math.min(Math.trunc(centre + filter.radius * width + 0.5), n);
  const list = Array.from({ length: Math.max(end - first, 0) }, (_, k) =>
    filter.at((k + first - centre + 0.5) / width),
  );
  const total = list.reduce((a, b) => a + b, 0);
  return [first, list.map((w) => (total === 0 ? w : w / total))];
}

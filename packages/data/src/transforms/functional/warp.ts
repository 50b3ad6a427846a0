/** Images read at other positions: affine maps, perspective, and elastic deformation. One set of parameters per image. */
import {
  defineMap,
  expr as E,
  type Expr,
  expand,
  flip,
  formatShape,
  gridSample,
  type Operand,
  rot90,
  ShapeError,
  select,
  stack,
  type Tensor,
  unsqueeze,
} from "@dl/tensor/core";
import {
  asFloat,
  constants,
  type Fill,
  fillOperand,
  isInteger,
  listOf,
  numbersOf,
  onBatch,
  type Pair,
  type PerImage,
  requireThat,
} from "./image.ts";

export interface WarpOptions {
  /** "nearest" or "bilinear". */
  interpolation?: "nearest" | "bilinear";
  /** What stands where the image does not reach, one number or one per channel. Default null: black. */
  fill?: Fill;
}

// ---- reading at a grid -----------------------------------------------------------------------------------------------

/** How much of the pixel at (x, y) lies within h × w. */
const share = (g: Expr, n: Expr): Expr => {
  const at = E.div(E.sub(E.mul(E.add(g, 1), n), 1), 2);
  return E.max(E.min(E.min(E.add(at, 1), E.sub(n, at)), 1), 0);
};
/** torchvision blends what gridSample has already darkened at the border; so does this. */
const blendFill = defineMap<[Tensor, Tensor, Tensor, Operand, number, number]>(
  "fill",
  (y, gx, gy, fill, w, h) => {
    const inside = E.mul(share(gx, w), share(gy, h));
    return E.add(E.mul(E.sub(y, fill), inside), fill);
  },
);
const isOutside = (g: Expr, n: Expr): Expr => {
  const at = E.round(E.div(E.sub(E.mul(E.add(g, 1), n), 1), 2));
  return E.or(E.lt(at, 0), E.ge(at, n));
};
const chooseFill = defineMap<[Tensor, Tensor, Tensor, Operand, number, number]>(
  "fill",
  (y, gx, gy, fill, w, h) => E.select(E.or(isOutside(gx, w), isOutside(gy, h)), fill, y),
);

/** Images at positions gx, gy, `[N, H, W]` or `[1, H, W]`. */
function sampled(
  name: string,
  x: Tensor,
  gx: Tensor,
  gy: Tensor,
  { interpolation, fill = null }: WarpOptions,
): Tensor {
  requireThat(
    interpolation === "nearest" || interpolation === "bilinear",
    name,
    `interpolation is "nearest" or "bilinear", got ${JSON.stringify(interpolation)}`,
  );
  const [n, , h, w] = x.shape;
  const [, oh, ow] = gx.shape;
  const grid = expand(stack([gx, gy], -1), [n, oh, ow, 2]);
  let y = gridSample(asFloat(x), grid, { mode: interpolation, alignCorners: false });
  if (fill !== null) {
    const put = interpolation === "nearest" ? chooseFill : blendFill;
    y = put(y, unsqueeze(gx, 1), unsqueeze(gy, 1), fillOperand(name, fill, y), w, h);
  }
  return isInteger(x) ? y.round().to(x.dtype) : y;
}

// ---- affine maps -----------------------------------------------------------------------------------------------------

type Matrix = readonly [number, number, number, number, number, number];

/**
 * @internal Where pixels come from, with the centre of the image as origin: the inverse of a rotation, shears, scale and
 * translation about `center`.
 */
export function inverseAffine(
  [cx, cy]: Pair,
  angle: number,
  [tx, ty]: Pair,
  scale: number,
  shear: Pair,
): Matrix {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [rotation, sx, sy] = [angle, ...shear].map(radians);
  const a = Math.cos(rotation - sy) / Math.cos(sy);
  const b = -(a * Math.tan(sx) + Math.sin(rotation));
  const c = Math.sin(rotation - sy) / Math.cos(sy);
  const d = Math.cos(rotation) - c * Math.tan(sx);
  // The determinant of [a b; c d] is 1.
  const [ia, ib, ic, id] = [d / scale, -b / scale, -c / scale, a / scale];
  return [
    ia,
    ib,
    cx - ia * (cx + tx) - ib * (cy + ty),
    ic,
    id,
    cy - ic * (cx + tx) - id * (cy + ty),
  ];
}

const linear = defineMap<[Tensor, Tensor, Operand, Operand, Operand]>("affine", (x, y, a, b, c) =>
  E.add(E.add(E.mul(x, a), E.mul(y, b)), c),
);

/** @internal Images mapped by one matrix for all, or one each. */
export function mapped(
  name: string,
  x: Tensor,
  matrices: readonly Matrix[],
  options: WarpOptions,
  [oh, ow]: readonly number[] = x.shape.slice(2),
): Tensor {
  const [, , h, w] = x.shape;
  const floats = asFloat(x);
  const f = floats.dtype === "float64" ? (v: number) => v : Math.fround;
  const line = (length: number): number[] => Array.from({ length }, (_, i) => i - (length - 1) / 2);
  const xs = constants(line(ow), [1, 1, ow], floats);
  const ys = constants(line(oh), [1, oh, 1], floats);
  const entry = (k: number): Operand =>
    constants(
      // In the order in which torchvision rounds.
      matrices.map((m) => f(m[k]) / f(0.5 * (k < 3 ? w : h))),
      [matrices.length, 1, 1],
      floats,
    );
  const [gx, gy] = [0, 3].map((k) => linear(xs, ys, entry(k), entry(k + 1), entry(k + 2)));
  return sampled(name, x, gx, gy, options);
}

export interface AffineOptions extends WarpOptions {
  /** The point that stays, `[x, y]` from the upper left corner. Default null: the middle. */
  center?: Pair | null;
}

/** From the corner to the middle as origin. */
const fromMiddle = (center: Pair | null, x: Tensor): Pair =>
  center ? [center[0] - x.shape[3] * 0.5, center[1] - x.shape[2] * 0.5] : [0, 0];

/**
 * Rotated clockwise by `angle` degrees, moved by whole pixels, scaled and sheared.
 *
 * @param angle for all images, or one each; so are the others
 * @param translate `[right, down]`
 * @param shear degrees, `[along x, along y]`
 * @param options.interpolation default "nearest"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.affine.html
 *
 * @example
 * affine(tensor([[[1, 2, 3]]]), 0, [1, 0], 1, [0, 0]) // => [[[0, 1, 2]]]
 */
export const affine = (
  image: Tensor,
  angle: PerImage,
  translate: PerImage<Pair>,
  scale: PerImage,
  shear: PerImage<Pair>,
  { interpolation = "nearest", fill = null, center = null }: AffineOptions = {},
): Tensor =>
  onBatch("affine", image, (x) => {
    const isEach = (v: PerImage<Pair>): boolean => typeof v[0] !== "number";
    const angles = numbersOf("affine", angle, x);
    const scales = numbersOf("affine", scale, x);
    const moves = listOf("affine", translate, x, isEach(translate)) as Pair[];
    const shears = listOf("affine", shear, x, isEach(shear)) as Pair[];
    requireThat(
      scales.every((s) => s > 0),
      "affine",
      `scale is above 0, got ${scales.join(", ")}`,
    );
    const count = Math.max(...[angles, scales, moves, shears].map((list) => list.length));
    const about = fromMiddle(center, x);
    const matrices = Array.from({ length: count }, (_, i) => {
      const of = <T>(list: readonly T[]): T => list[i % list.length];
      return inverseAffine(about, of(angles), of(moves), of(scales), of(shears));
    });
    return mapped("affine", x, matrices, { interpolation, fill });
  });

export interface RotateOptions extends AffineOptions {
  /** Make the result as large as the rotated image; for one angle. Default false. */
  expand?: boolean;
}

/** Height and width that hold the whole rotated image; a ten-thousandth of a pixel more is none. */
function expandedSize([a, b, c, d, e, g]: Matrix, h: number, w: number): [number, number] {
  const f = Math.fround;
  const corners = [-1, 1].flatMap((i) => [-1, 1].map((j) => [i * 0.5 * w, j * 0.5 * h]));
  const extent = (p: number, q: number, r: number, half: number): number => {
    const along = corners.map(([x, y]) => f(f(x * f(p)) + f(y * f(q)) + f(r)) + half);
    const cut = (v: number): number => f(Math.trunc(f(v * 1e4)) * f(1e-4));
    return Math.ceil(cut(Math.max(...along))) - Math.floor(cut(Math.min(...along)));
  };
  return [extent(d, e, g, 0.5 * h), extent(a, b, c, 0.5 * w)];
}

/**
 * Rotated counter-clockwise by `angle` degrees.
 *
 * @param angle for all images, or one each
 * @param options.interpolation default "nearest"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.rotate.html
 *
 * @example
 * rotate(tensor([[[1, 2], [3, 4]]]), 90) // => [[[2, 4], [1, 3]]]
 */
export const rotate = (
  image: Tensor,
  angle: PerImage,
  {
    interpolation = "nearest",
    expand: grow = false,
    center = null,
    fill = null,
  }: RotateOptions = {},
): Tensor =>
  onBatch("rotate", image, (x) => {
    const [, , h, w] = x.shape;
    const angles = numbersOf("rotate", angle, x).map((a) => ((a % 360) + 360) % 360);
    const isOne = angles.every((a) => a === angles[0]);
    requireThat(isOne || !grow, "rotate", "expand: images of one batch have one angle");
    if (isOne && center === null) {
      const [turn] = angles;
      if (turn === 0) return x.clone();
      if (turn === 180) return flip(flip(x, -1), -2).clone();
      if ((turn === 90 || turn === 270) && (grow || h === w))
        return rot90(x, { k: turn / 90, dims: [-2, -1] }).clone();
    }
    const about = fromMiddle(center, x);
    const list = isOne ? [angles[0]] : angles;
    const matrices = list.map((a) => inverseAffine(about, -a, [0, 0], 1, [0, 0]));
    const size = grow ? expandedSize(matrices[0], h, w) : [h, w];
    return mapped("rotate", x, matrices, { interpolation, fill }, size);
  });

// ---- perspective -----------------------------------------------------------------------------------------------------

export type Coefficients = readonly number[];
export type Corners = readonly Pair[];

/**
 * @internal The eight numbers of the perspective map that takes `endpoints` to `startpoints`:
 * `x ↦ (a x + b y + c) / (g x + h y + 1)`, and so for y.
 */
export function perspectiveCoefficients(startpoints: Corners, endpoints: Corners): number[] {
  requireThat(
    startpoints.length === 4 && endpoints.length === 4,
    "perspective",
    `four corners are wanted, got ${startpoints.length} startpoints and ${endpoints.length} endpoints`,
  );
  const rows = endpoints.flatMap(([x, y], i) => {
    const [u, v] = startpoints[i];
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  return solved(rows).map(Math.fround);
}
/** Gauss–Jordan with the largest pivots; the right-hand side is the last column. */
function solved(rows: number[][]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    requireThat(rows[k][k] !== 0, "perspective", "three of the endpoints lie on one line");
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

const projected = defineMap<[Tensor, Tensor, Operand, Operand, Operand, Operand, Operand]>(
  "perspective",
  (x, y, a, b, c, g, h) =>
    E.sub(
      E.div(E.add(E.add(E.mul(x, a), E.mul(y, b)), c), E.add(E.add(E.mul(x, g), E.mul(y, h)), 1)),
      1,
    ),
);

export interface PerspectiveOptions extends WarpOptions {
  /** Of the map from the result to the image, instead of points: eight numbers, or eight for each image. */
  coefficients?: PerImage<Coefficients> | null;
}

/**
 * Seen from elsewhere: what was at `startpoints` (upper left, upper right, lower right, lower left) is at `endpoints`.
 *
 * @param startpoints four of `[x, y]`; null with `coefficients`
 * @param options.interpolation default "bilinear"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.perspective.html
 *
 * @example
 * const corners: [number, number][] = [[0, 0], [1, 0], [1, 1], [0, 1]];
 * perspective(tensor([[[1, 2], [3, 4]]]), corners, corners) // => [[[1, 2], [3, 4]]]
 */
export const perspective = (
  image: Tensor,
  startpoints: Corners | null,
  endpoints: Corners | null,
  { interpolation = "bilinear", fill = null, coefficients = null }: PerspectiveOptions = {},
): Tensor =>
  onBatch("perspective", image, (x) => {
    requireThat(
      coefficients === null ? !!startpoints && !!endpoints : !startpoints && !endpoints,
      "perspective",
      "either startpoints and endpoints are wanted, or coefficients",
    );
    const given = coefficients ?? perspectiveCoefficients(startpoints!, endpoints!);
    const isEach = typeof given[0] !== "number";
    const list = listOf("perspective", given as PerImage<Coefficients>, x, isEach);
    requireThat(
      list.every((c) => c.length === 8),
      "perspective",
      "coefficients are eight numbers",
    );
    const [, , h, w] = x.shape;
    const floats = asFloat(x);
    const f = floats.dtype === "float64" ? (v: number) => v : Math.fround;
    const line = (length: number): number[] => Array.from({ length }, (_, i) => i + 0.5);
    const xs = constants(line(w), [1, 1, w], floats);
    const ys = constants(line(h), [1, h, 1], floats);
    const entry = (k: number, size: number): Operand =>
      constants(
        list.map((c) => f(c[k]) / f(size)),
        [list.length, 1, 1],
        floats,
      );
    const [g6, g7] = [entry(6, 1), entry(7, 1)];
    const [gx, gy] = [0, 3].map((k) => {
      const half = 0.5 * (k === 0 ? w : h);
      return projected(xs, ys, entry(k, half), entry(k + 1, half), entry(k + 2, half), g6, g7);
    });
    return sampled("perspective", x, gx, gy, { interpolation, fill });
  });

// ---- elastic deformation ---------------------------------------------------------------------------------------------

const moved = defineMap<[Tensor, Tensor]>("elastic", (x, by) => E.add(x, by));

/**
 * Every pixel read at a displacement of its own.
 *
 * @param displacement `[1, H, W, 2]` or `[N, H, W, 2]`: to the right and down, where 2 is the whole image
 * @param options.interpolation default "bilinear"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.elastic.html
 *
 * @example
 * elastic(tensor([[[1, 2]]]), tensor([[[[1, 0], [0, 0]]]])) // => [[[2, 2]]]
 */
export const elastic = (
  image: Tensor,
  displacement: Tensor,
  { interpolation = "bilinear", fill = null }: WarpOptions = {},
): Tensor =>
  onBatch("elastic", image, (x) => {
    const [n, , h, w] = x.shape;
    const [m, ...rest] = displacement.shape;
    if (!((m === 1 || m === n) && rest.join() === [h, w, 2].join()))
      throw new ShapeError(
        `elastic: the displacement of images ${formatShape(x.shape)} is [1, ${h}, ${w}, 2] or [${n}, ${h}, ${w}, 2], got ${formatShape(displacement.shape)}`,
      );
    const floats = asFloat(x);
    const by = displacement.to(floats.dtype);
    const line = (k: number): number[] => Array.from({ length: k }, (_, i) => (2 * i + 1) / k - 1);
    const gx = moved(constants(line(w), [1, 1, w], floats), select(by, -1, 0));
    const gy = moved(constants(line(h), [1, h, 1], floats), select(by, -1, 1));
    return sampled("elastic", x, gx, gy, { interpolation, fill });
  });

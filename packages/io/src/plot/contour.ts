import { DlError } from "@dl/tensor/core";
import {
  colorBy,
  isNumbers,
  type Picture,
  type PictureOptions,
  picture,
  quantitative,
  requireSameLength,
} from "./picture.ts";

/** Where an optimizer was, step by step. */
export type Path =
  | readonly (readonly [x: number, y: number])[]
  | { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };

export interface ContourChartOptions extends PictureOptions {
  /** What is shown. Default: where the paths go, with a margin; −2 to 2 without paths. */
  xRange?: readonly [number, number];
  yRange?: readonly [number, number];
  /** How many lines of equal height, or their heights. Default 12, closer together further down. */
  levels?: number | readonly number[];
  /** In how many places along each side the function is asked. Default 80. */
  resolution?: number;
}

/**
 * Lines of equal height of a function of two numbers, and on them the paths of optimizers.
 *
 * @param f     the function, on plain numbers.
 * @param paths by the optimizers' names.
 *
 * @example
 * const bowl = (x: number, y: number) => x * x + 4 * y * y;
 * const chart = contourChart(bowl, { SGD: [[1, 1], [0.5, 0.2], [0.2, 0]] }, { levels: [1, 2] });
 * (chart.datasets as Record<string, object[]>).paths[1] // => { name: "SGD", i: 1, x: 0.5, y: 0.2 }
 */
export function contourChart(
  f: (x: number, y: number) => number,
  paths: Readonly<Record<string, Path>> = {},
  options: ContourChartOptions = {},
): Picture {
  const { levels = 12, resolution = 80 } = options;
  if (!Number.isInteger(resolution) || resolution < 2) {
    throw new DlError(
      "value",
      `contourChart: resolution is ${resolution}, a whole number from 2 is wanted`,
    );
  }
  const points = Object.entries(paths).flatMap(([name, path]) =>
    pointsOf(path, name).map(([x, y], i) => ({ name, i, x, y })),
  );
  const kept = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const xs = rangeOf(
    options.xRange,
    kept.map((p) => p.x),
    "xRange",
  );
  const ys = rangeOf(
    options.yRange,
    kept.map((p) => p.y),
    "yRange",
  );
  const at = ([low, high]: readonly [number, number], i: number) =>
    low + ((high - low) * i) / (resolution - 1);
  const grid = Array.from({ length: resolution }, (_, j) =>
    Array.from({ length: resolution }, (_, i) => f(at(xs, i), at(ys, j))),
  );
  const heights = typeof levels === "number" ? spaced(grid.flat(), levels) : levels;
  const contours = heights
    .flatMap((level) => chained(segments(grid, level)).map((line) => ({ level, line })))
    .flatMap(({ level, line }, name) =>
      line.map(([x, y], i) => ({ level, line: name, i, x: short(at(xs, x)), y: short(at(ys, y)) })),
    );
  const axis = (field: string, domain: readonly [number, number]) =>
    quantitative(field, field, { scale: { domain, nice: false, zero: false } });
  const color = colorBy(Object.keys(paths));
  const encoding = { color, order: { field: "i" }, detail: { field: "name" } };
  return picture(
    { width: 360, height: 360, ...options },
    {
      datasets: { contours, paths: kept },
      encoding: { x: axis("x", xs), y: axis("y", ys) },
      layer: [
        {
          data: { name: "contours" },
          mark: { type: "line", clip: true, strokeWidth: 1 },
          encoding: {
            detail: { field: "line" },
            order: { field: "i" },
            stroke: quantitative("level", "height", {
              scale: { scheme: "greys" },
              legend: null,
            }),
          },
        },
        {
          data: { name: "paths" },
          mark: { type: "line", clip: true, point: { size: 12 } },
          encoding,
        },
      ],
    },
  );
}

function pointsOf(path: Path, name: string): (readonly [number, number])[] {
  if ("x" in path) {
    requireSameLength(`contourChart: ${JSON.stringify(name)}`, path);
    return Array.from(path.x, (x, i) => [x, path.y[i]] as const);
  }
  if (!path.every((p) => isNumbers(p) && p.length === 2)) {
    throw new DlError(
      "value",
      `contourChart: the path ${JSON.stringify(name)} is no list of [x, y]`,
    );
  }
  return [...path];
}

function rangeOf(
  given: readonly [number, number] | undefined,
  values: readonly number[],
  name: string,
): readonly [number, number] {
  if (given) {
    if (given[0] < given[1]) return given;
    throw new DlError(
      "value",
      `contourChart: ${name} is ${given.join(" to ")}, the lower end comes first`,
    );
  }
  if (values.length === 0) return [-2, 2];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = high > low ? (high - low) / 5 : 1;
  return [low - margin, high + margin];
}

/** Heights whose distance from the lowest place grows as squares do: around a minimum, lines at equal distances. */
function spaced(values: readonly number[], levels: number): number[] {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values)
    if (Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (!Number.isInteger(levels) || levels < 1) {
    throw new DlError(
      "value",
      `contourChart: levels is ${levels}, a whole number from 1 or a list of heights is wanted`,
    );
  }
  if (!(low < high)) return [];
  return Array.from(
    { length: levels },
    (_, i) => low + (high - low) * ((i + 1) / (levels + 1)) ** 2,
  );
}

type Point = readonly [x: number, y: number];
type Segment = readonly [Point, Point];

/** Marching squares: where the line of a height crosses the sides of each square of the grid, in steps of the grid. */
function segments(grid: readonly (readonly number[])[], level: number): Segment[] {
  const out: Segment[] = [];
  for (let j = 0; j + 1 < grid.length; j++) {
    for (let i = 0; i + 1 < grid[j].length; i++) {
      const corners = [grid[j][i], grid[j][i + 1], grid[j + 1][i + 1], grid[j + 1][i]];
      if (!corners.every(Number.isFinite)) continue;
      const crossings = corners.flatMap((a, side): Point[] => {
        const b = corners[(side + 1) % 4];
        if (a < level === b < level) return [];
        const t = (level - a) / (b - a);
        const [[x, y], [x2, y2]] = [CORNERS[side], CORNERS[(side + 1) % 4]];
        return [[i + x + t * (x2 - x), j + y + t * (y2 - y)]];
      });
      // Four: a saddle. If its middle is not with the first corner, that one is alone between the last side and the first.
      const middle = corners.reduce((a, b) => a + b) / 4;
      const isAlone = crossings.length === 4 && middle < level !== corners[0] < level;
      if (isAlone) crossings.unshift(crossings.pop()!);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        out.push([crossings[k], crossings[k + 1]]);
      }
    }
  }
  return out;
}
const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

/** Segments that meet as one line: of a hundred points instead of a hundred lines. */
function chained(segments: readonly Segment[]): Point[][] {
  // Two squares find the crossing of the side between them with different rounding.
  const key = ([x, y]: Point) => `${Math.round(x * 1e6)},${Math.round(y * 1e6)}`;
  const at = new Map<string, Set<Segment>>();
  for (const s of segments) {
    for (const end of s) at.set(key(end), (at.get(key(end)) ?? new Set()).add(s));
  }
  const rest = new Set(segments);
  /** The other end of a segment that begins here, which is then taken. */
  const next = (from: Point): Point | undefined => {
    for (const s of at.get(key(from)) ?? []) {
      if (!rest.delete(s)) continue;
      return key(s[0]) === key(from) ? s[1] : s[0];
    }
  };
  const out: Point[][] = [];
  for (const s of segments) {
    if (!rest.delete(s)) continue;
    const [first, second] = s;
    const line: Point[] = [first, second];
    for (let p = next(second); p; p = next(p)) line.push(p);
    for (let p = next(first); p; p = next(p)) line.unshift(p);
    out.push(line);
  }
  return out;
}

/** Six digits say where a point is on any screen. */
const short = (x: number): number => Number(x.toPrecision(6));

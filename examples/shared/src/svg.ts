/** Small pictures as SVG text: lines and points over axes, and a grid of colours behind them. */

export interface Series {
  readonly name: string;
  /** Default 0, 1, 2 …. */
  readonly x?: readonly number[];
  readonly y: readonly number[];
  /** Default `"line"`. */
  readonly mark?: "line" | "points";
  readonly dashed?: boolean;
  readonly colour?: string;
}
export interface Picture {
  readonly title: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly series: readonly Series[];
  /** The area to show. Default: what the series need. */
  readonly xRange?: Range;
  readonly yRange?: Range;
  /** A logarithmic y axis. */
  readonly logY?: boolean;
  /** Colours behind the series, as rows from the bottom; they fill the area. */
  readonly grid?: readonly (readonly string[])[];
  readonly width?: number;
  readonly height?: number;
}
type Range = readonly [from: number, to: number];

export const COLOURS = [
  "#1f77b4",
  "#d62728",
  "#2ca02c",
  "#9467bd",
  "#ff7f0e",
  "#17becf",
  "#8c564b",
  "#e377c2",
  "#7f7f7f",
  "#bcbd22",
];
const MARGIN = { left: 64, right: 150, top: 34, bottom: 44 };

export function svg(picture: Picture): string {
  const { title, xLabel = "", yLabel = "", series, grid, logY = false } = picture;
  const { width = 640, height = 360 } = picture;
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const scale = (y: number): number => (logY ? Math.log10(y) : y);
  const drawable = series.map((s, k) => ({
    ...s,
    colour: s.colour ?? COLOURS[k % COLOURS.length],
    points: s.y
      .map((y, i) => [s.x?.[i] ?? i, scale(y)] as const)
      .filter((point) => point.every(Number.isFinite)),
  }));
  const all = drawable.flatMap((s) => s.points);
  const xs = picture.xRange ?? extent(all.map(([x]) => x));
  const ys = picture.yRange
    ? ([scale(picture.yRange[0]), scale(picture.yRange[1])] as const)
    : extent(all.map(([, y]) => y));
  const toX = (x: number): number =>
    MARGIN.left + ((x - xs[0]) / (xs[1] - xs[0])) * (right - MARGIN.left);
  const toY = (y: number): number =>
    bottom - ((y - ys[0]) / (ys[1] - ys[0])) * (bottom - MARGIN.top);

  const cells = (grid ?? []).flatMap((row, r) => {
    const [w, h] = [(right - MARGIN.left) / row.length, (bottom - MARGIN.top) / grid!.length];
    return row.map(
      (colour, c) =>
        `<rect x="${n(MARGIN.left + c * w)}" y="${n(bottom - (r + 1) * h)}" width="${n(w + 0.5)}" height="${n(h + 0.5)}" fill="${colour}"/>`,
    );
  });
  const axes = [
    ...ticks(xs).map(
      (x) =>
        `<text x="${n(toX(x))}" y="${bottom + 16}" text-anchor="middle">${label(x)}</text><path d="M${n(toX(x))} ${bottom}v4" stroke="#444"/>`,
    ),
    ...ticks(ys).map(
      (y) =>
        `<text x="${MARGIN.left - 8}" y="${n(toY(y) + 4)}" text-anchor="end">${label(logY ? 10 ** y : y)}</text><path d="M${MARGIN.left} ${n(toY(y))}h-4" stroke="#444"/>`,
    ),
    `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}" fill="none" stroke="#444"/>`,
    `<text x="${(MARGIN.left + right) / 2}" y="${height - 8}" text-anchor="middle">${escape(xLabel)}</text>`,
    `<text transform="translate(14 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`,
    `<text x="${MARGIN.left}" y="20" font-size="14" font-weight="bold">${escape(title)}</text>`,
  ];
  const marks = drawable.map(({ points, mark, colour, dashed }) =>
    mark === "points"
      ? points
          .map(
            ([x, y]) =>
              `<circle cx="${n(toX(x))}" cy="${n(toY(y))}" r="3" fill="${colour}" stroke="#fff" stroke-width="0.6"/>`,
          )
          .join("")
      : `<polyline points="${points.map(([x, y]) => `${n(toX(x))},${n(toY(y))}`).join(" ")}" fill="none" stroke="${colour}" stroke-width="1.6"${dashed ? ' stroke-dasharray="5 4"' : ""}/>`,
  );
  const legend = drawable.map(
    ({ name, colour }, k) =>
      `<rect x="${right + 12}" y="${MARGIN.top + 18 * k}" width="10" height="10" fill="${colour}"/><text x="${right + 27}" y="${MARGIN.top + 18 * k + 9}">${escape(name)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<clipPath id="area"><rect x="${MARGIN.left}" y="${MARGIN.top}" width="${right - MARGIN.left}" height="${bottom - MARGIN.top}"/></clipPath>`,
    ...cells,
    `<g clip-path="url(#area)">${marks.join("\n")}</g>`,
    ...axes,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}

/** The colours of two classes, mixed by a probability: pale where it is near one half. */
export function mix(p: number): string {
  const [r, g, b] = p < 0.5 ? [31, 119, 180] : [214, 39, 40];
  const strength = 0.15 + 0.7 * Math.abs(p - 0.5);
  const part = (c: number): number => Math.round(255 + (c - 255) * strength);
  return `rgb(${part(r)},${part(g)},${part(b)})`;
}

/** Marks between two numbers, at round places. */
export function ticks([from, to]: Range): number[] {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}

function extent(values: readonly number[]): Range {
  let [from, to] = [Infinity, -Infinity];
  for (const v of values) [from, to] = [Math.min(from, v), Math.max(to, v)];
  return from < to
    ? [from, to]
    : [(from === Infinity ? 0 : from) - 0.5, (to === -Infinity ? 0 : to) + 0.5];
}
const n = (x: number): number => Math.round(10 * x) / 10;
const label = (x: number): string => {
  if (x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5)) return x.toExponential(0);
  return String(Number(x.toPrecision(3)));
};
const escape = (text: string): string =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]!);

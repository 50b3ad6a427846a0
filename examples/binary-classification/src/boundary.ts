import type { Picture } from "@dl/io/plot";

export interface Boundary {
  readonly title: string;
  readonly axes: readonly [x: string, y: string];
  /** Class 0 and class 1. */
  readonly classes: readonly string[];
  /** Of the area. */
  readonly ranges: readonly [x: Range, y: Range];
  /** How likely class 1 is, on a grid over the area, as rows from the bottom. */
  readonly surface: readonly (readonly number[])[];
  readonly points: readonly { readonly x: number; readonly y: number; readonly class: string }[];
}
type Range = readonly [from: number, to: number];

/** Samples, and behind them what a model makes of each place: a Vega-Lite specification of one's own. */
export function boundaryPicture({
  title,
  axes,
  classes,
  ranges,
  surface,
  points,
}: Boundary): Picture {
  const [[left, right], [bottom, top]] = ranges;
  const [w, h] = [(right - left) / surface[0].length, (top - bottom) / surface.length];
  const cells = surface.flatMap((row, r) =>
    row.map((p, c) => ({
      x: left + c * w,
      x2: left + (c + 1) * w,
      y: bottom + r * h,
      y2: bottom + (r + 1) * h,
      p,
    })),
  );
  const axis = (field: string, name: string, domain: Range) => ({
    field,
    type: "quantitative",
    title: name,
    scale: { domain, nice: false, zero: false },
  });
  const encoding = { x: axis("x", axes[0], ranges[0]), y: axis("y", axes[1], ranges[1]) };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title,
    width: 400,
    height: 320,
    background: "white",
    encoding,
    layer: [
      {
        data: { values: cells },
        mark: { type: "rect", strokeWidth: 0 },
        encoding: {
          x2: { field: "x2" },
          y2: { field: "y2" },
          fill: {
            field: "p",
            type: "quantitative",
            title: `P(${classes[1]})`,
            scale: {
              domain: [0, 0.5, 1],
              range: ["#9bbbd9", "#ffffff", "#f5aab3"],
              interpolate: "rgb",
            },
          },
        },
      },
      {
        data: { values: points },
        mark: { type: "circle", opacity: 1, stroke: "white", strokeWidth: 0.5 },
        encoding: {
          color: {
            field: "class",
            type: "nominal",
            // In the colours of the places where they are expected.
            scale: { domain: classes, range: ["#4477aa", "#ee6677"] },
          },
        },
      },
    ],
  };
}

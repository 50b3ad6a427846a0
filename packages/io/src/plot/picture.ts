/** What all pictures share: a Vega-Lite specification is plain JSON, and notebooks show it as it is. */
import { DlError } from "@dl/tensor/core";

/**
 * A Vega-Lite specification: for `renderSvg`, for `vegaEmbed` in a page, for https://vega.github.io/editor. As the last
 * value of a cell, JupyterLab, VS Code and Deno show it.
 */
export interface Picture {
  readonly $schema: string;
  readonly [key: string]: unknown;
}

export interface PictureOptions {
  title?: string;
  /** Of the plot inside its axes, in pixels. */
  width?: number;
  height?: number;
}

/** One, or several by the names that the legend has. */
export type OneOrSeveral<T> = T | Readonly<Record<string, T>>;

const DISPLAY = Symbol.for("Jupyter.display");
const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";
const MIME = "application/vnd.vegalite.v5+json";

/** Colors that differ for those who see fewer of them, too. */
export const COLORS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888"];
/** From little to much. */
export const SEQUENTIAL = "blues";

export function picture(
  { title, width = 360, height = 240 }: PictureOptions,
  spec: Readonly<Record<string, unknown>>,
): Picture {
  const full = {
    $schema: SCHEMA,
    ...(title === undefined ? {} : { title }),
    ...{ width, height, background: "white" },
    ...spec,
    config: {
      range: { category: COLORS },
      axis: { titleFontWeight: "normal" },
      // Names stay whole: at their end stands what was measured.
      legend: { labelLimit: 0 },
    },
  };
  // Not a field of the JSON.
  return Object.defineProperty(full, DISPLAY, { value: () => ({ [MIME]: full }) });
}

export const quantitative = (field: string, title?: string | null, more: object = {}): object => ({
  field,
  type: "quantitative",
  ...(title === undefined ? {} : { title }),
  ...more,
});

/** An axis from 0 to 1. */
export const share = (field: string, title: string, more: object = {}): object =>
  quantitative(field, title, { scale: { domain: [0, 1] }, ...more });

/** JSON has no NaN and no infinities: where they are, a line has a gap. */
export const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** Named things, and one alone under no name. */
export function named<T>(
  given: OneOrSeveral<T>,
  isOne: (x: unknown) => x is T,
  op: string,
  what: string,
): [name: string, one: T][] {
  if (isOne(given)) return [["", given]];
  const entries = typeof given === "object" && given !== null ? Object.entries(given) : [];
  const wrong = entries.find(([, x]) => !isOne(x));
  if (entries.length === 0 || wrong) {
    const where = wrong ? ` ${JSON.stringify(wrong[0])} is not:` : "";
    throw new DlError("value", `${op}:${where} ${what} wanted, or several by name`);
  }
  return entries as [string, T][];
}

/** The color of a line by its name; no legend if there is but one. */
export const colorBy = (names: readonly string[], title: string | null = null): object =>
  names.length === 1 && names[0] === ""
    ? { value: COLORS[0] }
    : { field: "name", type: "nominal", title, sort: null, legend: { symbolOpacity: 1 } };

/** Typed arrays too. */
export const isNumbers = (x: unknown): x is ArrayLike<number> =>
  (Array.isArray(x) && x.every((n) => typeof n === "number")) ||
  (ArrayBuffer.isView(x) && !(x instanceof DataView));

export function requireSameLength(
  op: string,
  lists: Readonly<Record<string, ArrayLike<number>>>,
): void {
  const lengths = Object.entries(lists).map(([name, list]) => `${name} has ${list.length}`);
  if (new Set(Object.values(lists).map((list) => list.length)).size > 1) {
    throw new DlError(
      "value",
      `${op}: lists of one length are wanted: ${lengths.join(", ")} numbers`,
    );
  }
}

/** The sum of the trapezoids below a line. */
export function areaBelow(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return Math.abs(area);
}

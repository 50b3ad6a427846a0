/**
 * Tensors as text, as PyTorch prints them (torch/_tensor_str.py): four digits, scientific notation where magnitudes
 * differ by more than 1000, at most 80 columns, and only the edges of what has more than 1000 elements. int32 is the
 * integer dtype that goes without saying here.
 */
import { isFloating, type TypedArray } from "./dtype.ts";
import { numelOf, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

const PRECISION = 4;
const THRESHOLD = 1000;
const EDGE_ITEMS = 3;
const LINE_WIDTH = 80;
const PREFIX = "tensor(";

export function formatTensor(t: Tensor): string {
  const values = readable(t) ? t.dataSync() : undefined;
  const suffixes: string[] = [];
  let body: string;
  if (!values) {
    body = "...";
    suffixes.push(`size=${tuple(t.shape)}`, `device=${t.device.name}: await t.data() to see it`);
  } else if (t.numel === 0) {
    body = "[]";
    if (t.rank !== 1) suffixes.push(`size=${tuple(t.shape)}`);
    if (t.dtype !== "float32") suffixes.push(`dtype=${t.dtype}`);
  } else {
    const isSummary = t.numel > THRESHOLD;
    const shown = isSummary ? edges(values, t.shape) : values;
    const format =
      t.dtype === "bool"
        ? plainFormat(Array.from(shown, (x: number) => (x ? "True" : "False")))
        : formatFor(shown, isFloating(t.dtype));
    const text =
      t.dtype === "bool"
        ? (x: number) => format(x ? "True" : "False")
        : (format as (x: number | string) => string);
    body = nested(values, t.shape, 0, PREFIX.length, isSummary, text);
    if (!["float32", "int32", "bool"].includes(t.dtype)) suffixes.push(`dtype=${t.dtype}`);
  }
  if (t.node) suffixes.push(`grad_fn=<${backwardName(t.node.name)}>`);
  else if (t.requiresGrad) suffixes.push("requires_grad=True");
  return withSuffixes(PREFIX + body, suffixes);
}

const readable = (t: Tensor): boolean =>
  t.device.readSync !== undefined || t.memory.storage.host !== null;
const tuple = (shape: Shape): string => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
const backwardName = (op: string): string => `${op[0].toUpperCase()}${op.slice(1)}Backward0`;

/** One width for all, right-aligned. */
function plainFormat(texts: readonly string[]): (x: number | string) => string {
  const width = Math.max(1, ...texts.map((s) => s.length));
  return (x) => String(x).padStart(width);
}

export function formatFor(
  values: Iterable<number>,
  isFloat: boolean,
): (x: number | string) => string {
  const all = [...values];
  if (!isFloat) return plainFormat(all.map(String));
  const finite = all.filter((x) => Number.isFinite(x) && x !== 0);
  if (finite.length === 0) return (x) => whole(Number(x));
  const sizes = finite.map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b));
  const smallest = sizes.reduce((a, b) => Math.min(a, b));
  const isWhole = finite.every(Number.isInteger);
  const isScientific = largest / smallest > 1000 || largest > 1e8 || (!isWhole && smallest < 1e-4);
  const text = isScientific ? scientific : isWhole ? whole : fixed;
  const width = finite.reduce((w, x) => Math.max(w, text(x).length), 1);
  return (x) => text(Number(x)).padStart(width);
}

const special = (x: number): string | undefined =>
  Number.isNaN(x) ? "nan" : x === Infinity ? "inf" : x === -Infinity ? "-inf" : undefined;
const signed = (x: number, text: string): string => (Object.is(x, -0) ? `-${text}` : text);
const whole = (x: number): string => special(x) ?? signed(x, `${x.toFixed(0)}.`);

/** Halves go to the even digit, as in Python; `toFixed` takes them up. */
function fixed(x: number): string {
  const scaled = Math.abs(x) * 10 ** PRECISION;
  const isTie = scaled % 1 === 0.5 && scaled / 10 ** PRECISION === Math.abs(x);
  const rounded = isTie ? (Math.sign(x) * 2 * Math.round(scaled / 2)) / 10 ** PRECISION : x;
  return special(x) ?? signed(x, rounded.toFixed(PRECISION));
}

function scientific(x: number): string {
  const text = special(x);
  if (text) return text;
  const [digits, exponent] = x.toExponential(PRECISION).split("e");
  return signed(x, `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`);
}

/** Positions of a dimension that are shown: null stands for those left out. */
export const shownPositions = (n: number, isSummary: boolean): (number | null)[] =>
  isSummary && n > 2 * EDGE_ITEMS
    ? [
        ...Array.from({ length: EDGE_ITEMS }, (_, i) => i),
        null,
        ...Array.from({ length: EDGE_ITEMS }, (_, i) => n - EDGE_ITEMS + i),
      ]
    : Array.from({ length: n }, (_, i) => i);

/** What a summary shows; it alone decides the format. */
function edges(values: TypedArray, shape: Shape): number[] {
  let offsets = [0];
  shape.forEach((n, d) => {
    const stride = numelOf(shape.slice(d + 1));
    const positions = shownPositions(n, true).filter((i) => i !== null);
    offsets = offsets.flatMap((o) => positions.map((i) => o + i * stride));
  });
  return offsets.map((o) => values[o]);
}

function nested(
  values: TypedArray,
  shape: Shape,
  offset: number,
  indent: number,
  isSummary: boolean,
  text: (x: number) => string,
): string {
  if (shape.length === 0) return text(values[offset]);
  const [n, ...rest] = shape;
  const positions = shownPositions(n, isSummary);
  if (rest.length === 0) {
    const items = positions.map((i) => (i === null ? " ..." : text(values[offset + i])));
    const width = text(values[offset]).length + 2;
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / width));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += perLine)
      lines.push(items.slice(i, i + perLine).join(", "));
    return `[${lines.join(`,\n${" ".repeat(indent + 1)}`)}]`;
  }
  const stride = numelOf(rest);
  const parts = positions.map((i) =>
    i === null ? "..." : nested(values, rest, offset + i * stride, indent + 1, isSummary, text),
  );
  return `[${parts.join(`,${"\n".repeat(rest.length)}${" ".repeat(indent + 1)}`)}]`;
}

function withSuffixes(text: string, suffixes: readonly string[]): string {
  let out = text;
  let lineLength = text.length - text.lastIndexOf("\n") + 1;
  for (const suffix of suffixes) {
    if (lineLength + suffix.length + 2 > LINE_WIDTH) {
      out += `,\n${" ".repeat(PREFIX.length)}${suffix}`;
      lineLength = PREFIX.length + suffix.length;
    } else {
      out += `, ${suffix}`;
      lineLength += suffix.length + 2;
    }
  }
  return `${out})`;
}

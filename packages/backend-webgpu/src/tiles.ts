/**
 * Products of matrices, tile by tile, whatever the matrices are: what a convolution multiplies are windows that are never
 * laid out.
 *
 * A workgroup of 16 × 16 threads makes a tile of the result, each thread q × q elements of it; both operands pass through
 * workgroup memory 16 columns (rows) at a time. Where there are few tiles but long sums, several workgroups share a tile's
 * depth, each making a part of the sums.
 */
import type { Source } from "./kernel.ts";
import type { Type } from "./wgsl/expr.ts";

/** Threads along each side of a tile, and the depth that is read at a time. */
export const SIDE = 16;
/** Workgroups that keep a device busy. */
const BUSY = 64;

/** One of the two matrices, as WGSL. `x` is a row of the left or a column of the right one, `d` the depth. */
export interface Factor {
  /** Neighbours along the depth lie side by side in memory (else neighbours along x do). */
  readonly alongDepth: boolean;
  /** Statements for an `x`, and for a `d`, of which the value may use what they declare. */
  readonly ofX?: (x: string) => string;
  readonly ofDepth?: (d: string) => string;
  readonly value: (x: string, d: string) => string;
}

export interface Tiled {
  readonly type: Type;
  readonly q: number;
  /** Numbers of rows, columns and terms; see `shapeOf` for the others. */
  readonly m: string;
  readonly n: string;
  readonly k: string;
  readonly partDepth: string;
  readonly parts: string;
  readonly tileRows: string;
  readonly tileColumns: string;
  readonly total: string;
  /** Statements that know `which` of the batch and `part`. */
  readonly setup: string;
  readonly left: Factor;
  readonly right: Factor;
  /** Stores `sum`, of `row` and `column`. */
  readonly store: string;
}

/** Words that `Tiled` names, in its order, and how many workgroups they come to. */
export interface TileShape {
  readonly q: number;
  readonly parts: number;
  readonly words: readonly number[];
  readonly groups: number;
}
export const TILE_WORDS = 8;

export function shapeOf(
  m: number,
  n: number,
  k: number,
  batch: number,
  mayShare = true,
): TileShape {
  const q = elementsPerThread(m, n, batch);
  const [rows, columns] = [Math.ceil(m / (SIDE * q)), Math.ceil(n / (SIDE * q))];
  const tiles = rows * columns * batch;
  const shares = Math.min(Math.ceil(BUSY / tiles), Math.floor(k / (8 * SIDE)));
  const parts = mayShare ? Math.max(1, shares) : 1;
  const partDepth = Math.ceil(k / parts / SIDE) * SIDE;
  const groups = tiles * parts;
  return { q, parts, groups, words: [m, n, k, partDepth, parts, rows, columns, groups] };
}

/** Large tiles read less, small ones give more threads something to do. */
function elementsPerThread(m: number, n: number, batch: number): number {
  for (const q of [4, 2]) {
    const side = SIDE * q;
    const isFull = m > side / 2 && n > side / 2;
    if (isFull && Math.ceil(m / side) * Math.ceil(n / side) * batch >= BUSY / 4) return q;
  }
  return Math.min(m, n) > SIDE ? 2 : 1;
}

export function tiledProduct(t: Tiled): Pick<Source, "workgroup" | "body" | "globals"> {
  const { type, q } = t;
  const tile = SIDE * q;
  const each = (text: (i: number, j: number) => string) =>
    Array.from({ length: q * q }, (_, e) => text(Math.floor(e / q), e % q)).join("\n    ");
  const line = (text: (i: number) => string) =>
    Array.from({ length: q }, (_, i) => text(i)).join("\n      ");
  const left = bring(t, t.left, "left", "rowStart", t.m);
  const right = bring(t, t.right, "right", "columnStart", t.n);
  const body = `
  let w = i32(group);
  if (w >= ${t.total}) { return; }
  let tileColumn = w % ${t.tileColumns};
  let tileRest = w / ${t.tileColumns};
  let tileRow = tileRest % ${t.tileRows};
  let outer = tileRest / ${t.tileRows};
  let part = outer % ${t.parts};
  let which = outer / ${t.parts};
  ${t.setup}
  let rowStart = tileRow * ${tile};
  let columnStart = tileColumn * ${tile};
  let tx = i32(lane) % ${SIDE};
  let ty = i32(lane) / ${SIDE};
  ${each((i, j) => `var s${i}_${j} = ${type}(0);`)}
  ${left.before}
  ${right.before}
  let end = min((part + 1) * ${t.partDepth}, ${t.k});
  for (var d0 = part * ${t.partDepth}; d0 < end; d0 += ${SIDE}) {
    ${left.inside}
    ${right.inside}
    workgroupBarrier();
    for (var d = 0; d < ${SIDE}; d++) {
      ${line((i) => `let x${i} = leftTile[d * ${tile} + ty + ${i * SIDE}];`)}
      ${line((i) => `let y${i} = rightTile[d * ${tile} + tx + ${i * SIDE}];`)}
      ${each((i, j) => `s${i}_${j} += x${i} * y${j};`)}
    }
    workgroupBarrier();
  }
  ${each(
    (i, j) => `{
    let row = rowStart + ty + ${i * SIDE};
    let column = columnStart + tx + ${j * SIDE};
    let sum = s${i}_${j};
    if (row < ${t.m} && column < ${t.n}) { ${t.store} }
  }`,
  )}`;
  const globals = `
var<workgroup> leftTile: array<${type}, ${tile * SIDE}>;
var<workgroup> rightTile: array<${type}, ${tile * SIDE}>;`;
  return { workgroup: SIDE * SIDE, body, globals };
}

/** Each thread brings q elements of a tile. With neighbours along x, its x is always the same. */
function bring(
  { type, q }: Tiled,
  { alongDepth, ofX = () => "", ofDepth = () => "", value }: Factor,
  name: "left" | "right",
  start: string,
  limit: string,
): { before: string; inside: string } {
  const tile = SIDE * q;
  const x = `${name}X`;
  const place = alongDepth ? `e / ${SIDE}` : `i32(lane) % ${tile}`;
  const declareX = `let ${name}At = ${place};\n    let ${x} = ${start} + ${name}At;\n    ${ofX(x)}`;
  const inside = `for (var u = 0; u < ${q}; u++) {
      let e = i32(lane) + u * ${SIDE * SIDE};
      ${alongDepth ? declareX : ""}
      let depthAt = ${alongDepth ? `e % ${SIDE}` : `e / ${tile}`};
      let depth = d0 + depthAt;
      var value = ${type}(0);
      if (${x} < ${limit} && depth < end) {
        ${ofDepth("depth")}
        value = ${value(x, "depth")};
      }
      ${name}Tile[depthAt * ${tile} + ${name}At] = value;
    }`;
  return { before: alongDepth ? "" : declareX, inside };
}

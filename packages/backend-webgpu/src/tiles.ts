/**
 * Products of matrices, tile by tile, whatever the matrices are: what a convolution multiplies are windows that are never
 * laid out.
 *
 * A workgroup makes a tile of the result, each thread 4 or 8 rows by 4 or 8 columns of it, in registers. Both operands pass
 * through workgroup memory, some of the depth at a time, as vectors of four neighbouring rows (columns): per step of the
 * depth a thread reads 2 to 4 vectors for 16 to 64 products. Threads write their results where the matrices are ragged, and
 * read everywhere: rows beyond the last are the last one again, whose results nobody stores. So there is nothing to check
 * while multiplying. Where there are few tiles but long sums, several workgroups share a tile's depth, each making a part
 * of the sums.
 */
import type { Source } from "./kernel.ts";
import type { Type } from "./wgsl/expr.ts";

/** Workgroups that keep a device busy. */
const BUSY = 128;
/** Of the depth, what is worth a part of its own. */
const SHORTEST_PART = 128;

/** How a tile is divided: its threads, the rows and columns that each makes, the depth that is read at a time. */
export interface Tiling {
  readonly down: number;
  readonly across: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** For a kernel's key and name. */
  readonly name: string;
}
const tiling = (
  [down, across]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  depth = 16,
): Tiling => ({
  down,
  across,
  rows,
  columns,
  depth,
  name: `${down * rows} × ${across * columns}`,
});
/** Wider tiles read less for as many products; smaller ones give more threads something to do. */
const WIDE = tiling([16, 16], [8, 8], 8);
const SQUARE = tiling([8, 8], [8, 8]);
const TALL = tiling([8, 8], [8, 4]);
const FLAT = tiling([8, 8], [4, 8]);
const SMALL = tiling([8, 8], [4, 4]);
/** For few rows, such as the channels that a network's first convolution makes. */
const LOW = tiling([4, 16], [4, 8]);
const LOWEST = tiling([2, 32], [4, 4]);

/**
 * One of the two matrices, as WGSL, of which a thread reads four neighbours at a time: `x` are four rows of the left or four
 * columns of the right one, a vec4<i32>; `d` is the depth, an i32.
 */
export interface Factor {
  /** Neighbours along the depth lie side by side in memory (else neighbours along x do). */
  readonly alongDepth: boolean;
  /** Statements for an `x`, for a `d`, and for both. Later ones may use what earlier ones declare. */
  readonly ofX?: (x: string) => string;
  readonly ofDepth?: (d: string) => string;
  readonly ofBoth?: string;
  /** Where the elements are, a vec4<i32>, and whether they are anywhere: a vec4<bool>. Elsewhere are zeros. */
  readonly address: (x: string, d: string) => string;
  readonly isThere?: string;
  readonly load: (address: string) => string;
}

export interface Tiled {
  readonly type: Type;
  readonly tiling: Tiling;
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
  /** What the sums of a row begin with. Default 0. */
  readonly initial?: (row: string) => string;
  /** Statements for a column, of which `store` may use what they declare. */
  readonly ofColumn?: (column: string) => string;
  readonly store: (row: string, column: string, sum: string) => string;
}

/** Words that `Tiled` names, in its order, and how many workgroups they come to. */
export interface TileShape {
  readonly tiling: Tiling;
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
  const shape = tilingFor(m, n, batch);
  const rows = Math.ceil(m / (shape.down * shape.rows));
  const columns = Math.ceil(n / (shape.across * shape.columns));
  const tiles = rows * columns * batch;
  const shares = Math.min(Math.ceil(BUSY / tiles), Math.floor(k / SHORTEST_PART));
  const parts = mayShare ? Math.max(1, shares) : 1;
  const partDepth = Math.ceil(k / parts / shape.depth) * shape.depth;
  const groups = tiles * parts;
  return {
    tiling: shape,
    parts,
    groups,
    words: [m, n, k, partDepth, parts, rows, columns, groups],
  };
}

function tilingFor(m: number, n: number, batch: number): Tiling {
  const tiles = (size: number) => Math.ceil(m / size) * Math.ceil(n / size) * batch;
  if (m <= 16 && n > 64) return m <= 8 ? LOWEST : LOW;
  if (m > 64 && n > 64 && tiles(128) >= BUSY) return WIDE;
  if (tiles(64) < BUSY / 4) return SMALL;
  return m > 32 ? (n > 32 ? SQUARE : TALL) : n > 32 ? FLAT : SMALL;
}

export function tiledProduct(t: Tiled): Pick<Source, "workgroup" | "body" | "globals"> {
  const { type, m, n } = t;
  const { down, across, rows, columns, depth } = t.tiling;
  const times = <R>(count: number, f: (i: number) => R): R[] =>
    Array.from({ length: count }, (_, i) => f(i));
  const vectors = columns / 4;
  const left = bring(t, t.left, "left", (down * rows) / 4, m);
  const right = bring(t, t.right, "right", (across * columns) / 4, n);
  /** The place of a thread's i-th row or column in the tile: in fours, which lie a whole side of threads apart. */
  const placeOf = (thread: string, threads: number, i: number) =>
    `${4 * threads * (i >> 2)} + ${thread} * 4 + ${i & 3}`;
  const row = (i: number) => `rowStart + ${placeOf("ty", down, i)}`;
  const start = t.initial ?? (() => `${type}(0)`);
  const sums = times(rows, (i) => {
    const first = `let row${i} = ${row(i)};\n  let begin${i} = ${start(`min(row${i}, ${m} - 1)`)};`;
    return [first, ...times(vectors, (j) => `var s${i}_${j} = vec4<${type}>(begin${i});`)].join(
      "\n  ",
    );
  });
  const products = [
    ...times(rows / 4, (i) => `let x${i} = leftTile[d * ${left.pitch} + ${i * down} + ty];`),
    ...times(vectors, (j) => `let y${j} = rightTile[d * ${right.pitch} + ${j * across} + tx];`),
    ...times(rows, (i) =>
      times(vectors, (j) => `s${i}_${j} += x${i >> 2}.${"xyzw"[i & 3]} * y${j};`).join(" "),
    ),
  ];
  const stores = times(
    columns,
    (j) => `{
    let column = columnStart + ${placeOf("tx", across, j)};
    if (column < ${n}) {
      ${t.ofColumn?.("column") ?? ""}
      ${times(rows, (i) => `if (row${i} < ${m}) { ${t.store(`row${i}`, "column", `s${i}_${j >> 2}.${"xyzw"[j & 3]}`)} }`).join("\n      ")}
    }
  }`,
  );
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
  let rowStart = tileRow * ${down * rows};
  let columnStart = tileColumn * ${across * columns};
  let tx = i32(lane) % ${across};
  let ty = i32(lane) / ${across};
  ${sums.join("\n  ")}
  ${left.before}
  ${right.before}
  let end = min((part + 1) * ${t.partDepth}, ${t.k});
  for (var d0 = part * ${t.partDepth}; d0 < end; d0 += ${depth}) {
    ${left.inside}
    ${right.inside}
    workgroupBarrier();
    for (var d = 0; d < ${depth}; d++) {
      ${products.join("\n      ")}
    }
    workgroupBarrier();
  }
  ${stores.join("\n  ")}`;
  const globals = `
var<workgroup> leftTile: array<vec4<${type}>, ${depth * left.pitch}>;
var<workgroup> rightTile: array<vec4<${type}>, ${depth * right.pitch}>;`;
  return { workgroup: down * across, body, globals };
}

/**
 * Threads bring a tile in vectors along x, of which each is one thread's, since neighbours may not write to one vector.
 * Neighbouring threads read what lies side by side in memory. With neighbours along x, a thread's x are always the same.
 */
function bring(
  { type, tiling }: Tiled,
  { alongDepth, ofX = () => "", ofDepth = () => "", ofBoth = "", address, isThere, load }: Factor,
  name: "left" | "right",
  vectors: number,
  limit: string,
): { before: string; inside: string; pitch: number } {
  const { depth } = tiling;
  const threads = tiling.down * tiling.across;
  // One vector more than there are: threads that write at successive depths do so to different banks of the memory.
  const pitch = vectors + 1;
  const [at, x] = [`${name}At`, `${name}X`];
  const start = name === "left" ? "rowStart" : "columnStart";
  const declare = (place: string) => `let ${at} = ${place};
    let ${x} = min(vec4<i32>(${start} + 4 * ${at}) + vec4<i32>(0, 1, 2, 3), vec4<i32>(${limit} - 1));
    ${ofX(x)}`;
  const loaded = `vec4<${type}>(${[..."xyzw"].map((i) => load(`at.${i}`)).join(", ")})`;
  const where = address(x, "depth");
  const read = `${ofBoth}
        ${
          isThere
            ? `let isThere = ${isThere};
        let at = select(vec4<i32>(), ${where}, isThere);
        value = select(vec4<${type}>(), ${loaded}, isThere);`
            : `let at = ${where};
        value = ${loaded};`
        }`;
  const steps = Math.max(1, (vectors * depth) / threads);
  const write = `${name}Tile[depthAt * ${pitch} + ${at}] = value;`;
  // Of few vectors not every thread brings one.
  const bringOne =
    vectors * depth < threads ? `if (lane < ${vectors * depth}u) { ${write} }` : write;
  const inside = alongDepth
    ? `{
      let depthAt = i32(lane) % ${depth};
      let depth = min(d0 + depthAt, end - 1);
      let isInside = d0 + depthAt < end;
      ${ofDepth("depth")}
      for (var u = 0; u < ${steps}; u++) {
        ${declare(`i32(lane) / ${depth} + u * ${threads / depth}`)}
        var value = vec4<${type}>();
        if (isInside) {
        ${read}
        }
        ${bringOne}
      }
    }`
    : `for (var u = 0; u < ${steps}; u++) {
      let depthAt = i32(lane) / ${vectors} + u * ${threads / vectors};
      let depth = d0 + depthAt;
      var value = vec4<${type}>();
      if (depth < end) {
        ${ofDepth("depth")}
        ${read}
      }
      ${bringOne}
    }`;
  return { before: alongDepth ? "" : declare(`i32(lane) % ${vectors}`), inside, pitch };
}

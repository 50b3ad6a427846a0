/** Batched products of matrices with any strides, tile by tile. Products with a vector are reductions. */
import { computeType, contiguousStrides, expr as E, program, type View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Access } from "./kernel.ts";
import { address, allDimensions, bind, coordinates, look, Words, walkOver } from "./operands.ts";
import { joining, joinSeveral, reduce, severalLike } from "./reduce.ts";
import { shapeOf, TILE_WORDS, tiledProduct } from "./tiles.ts";
import { bitsFor, load, store, writeAccess } from "./wgsl/access.ts";
import { type Type, typeOf } from "./wgsl/expr.ts";
import { inWindows } from "./windows.ts";

const PRODUCT = program([E.mul(E.input(0), E.input(1))], 2);

export function matmul(engine: Engine, a: View, b: View, output: View): void {
  if (output.numel === 0) return;
  const [m, n] = output.shape.slice(-2);
  if (m === 1 || n === 1) {
    asReduction(engine, a, b, output);
    return;
  }
  const type = typeOf(computeType([a, b], [output]));
  if (engine.memory.isTooLarge(a, b, output)) {
    matmulInWindows(engine, a, b, output, type);
    return;
  }
  const batchShape = output.shape.slice(0, -2);
  const batchSize = batchShape.reduce((x, y) => x * y, 1);
  const tiles = shapeOf(m, n, a.shape.at(-1)!, batchSize, output.dtype !== "bool");
  const whole = tiles.parts > 1 ? severalLike(engine, output, type, tiles.parts) : null;
  // Of sums in parts, the first; the others follow at the distance of a whole result.
  const to = whole ? look(whole, output.shape, contiguousStrides(output.shape)) : output;
  const views = [a, b, to];
  const batch = walkOver(
    batchShape,
    batchShape.map((_, d) => d),
    views.map((v) => v.strides.slice(0, -2)),
    2,
  );
  const bound = bind(engine.memory, views, ["r", "r", writeAccess(to.dtype)] as Access[]);
  // Neighbouring threads read neighbouring elements, whichever way a matrix lies.
  const [aRows, bRows] = [a, b].map((v) => Math.abs(v.strides.at(-1)!) <= 1);
  const dtypes = views.map((v) => v.dtype);
  const rank = batch.sizes.length;
  const key = `matmul ${type} ${dtypes} ${bound.key} ${rank} ${tiles.tiling.name} ${aRows} ${bRows}`;
  const kernel = engine.kernel(key, () => {
    const words = new Words();
    const [rows, columns, k, partDepth, parts, tileRows, tileColumns, total] =
      words.several(TILE_WORDS);
    const partStep = words.next();
    const sizes = words.several(rank);
    const [left, right, result] = views.map(() => {
      const offset = words.next();
      const [row, column] = words.several(2);
      return { row, column, start: address(offset, "z", words.several(rank)) };
    });
    const { slots, access } = bound;
    const product = tiledProduct({
      type,
      tiling: tiles.tiling,
      m: rows,
      n: columns,
      k,
      partDepth,
      parts,
      tileRows,
      tileColumns,
      total,
      setup: `
  ${coordinates("z", "which", sizes)}
  let startA = ${left.start};
  let startB = ${right.start};
  let startTo = ${result.start} + part * ${partStep};`,
      left: {
        alongDepth: aRows,
        address: (x, d) => `${x} * ${left.row} + (startA + ${d} * ${left.column})`,
        load: (at) => load(slots[0], dtypes[0], at, type),
      },
      right: {
        alongDepth: !bRows,
        address: (x, d) => `${x} * ${right.column} + (startB + ${d} * ${right.row})`,
        load: (at) => load(slots[1], dtypes[1], at, type),
      },
      ofColumn: (column) => `let place = startTo + ${column} * ${result.column};`,
      store: (row, _, sum) =>
        store(
          slots[2],
          dtypes[2],
          `place + ${row} * ${result.row}`,
          bitsFor(dtypes[2], sum, type, false),
        ),
    });
    return { name: `matmul, tiles of ${tiles.tiling.name}`, access, ...product };
  });
  const words = [...tiles.words, whole ? output.numel : 0, ...batch.sizes];
  views.forEach((v, i) => words.push(v.offset, ...v.strides.slice(-2), ...batch.strides[i]));
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(tiles.groups));
  if (whole) joinSeveral(engine, "sum", whole, output);
}

/** The sum over k of the products of a as [..., m, 1, k] and b as [..., 1, n, k]. */
function asReduction(engine: Engine, a: View, b: View, output: View): void {
  const batch = output.shape.slice(0, -2);
  const [m, n] = output.shape.slice(-2);
  const k = a.shape.at(-1)!;
  const of = (v: View, matrix: readonly [number, number, number], depth = k): View =>
    look(v, [...batch, m, n, depth], [...v.strides.slice(0, -2), ...matrix]);
  const [aRow, aColumn] = a.strides.slice(-2);
  const [bRow, bColumn] = b.strides.slice(-2);
  const [row, column] = output.strides.slice(-2);
  const to = of(output, [row, column, 0], 1);
  const inputs = [of(a, [aRow, 0, aColumn]), of(b, [0, bColumn, bRow])];
  reduce(engine, "sum", PRODUCT, inputs, to, [batch.length + 2], []);
}

function matmulInWindows(engine: Engine, a: View, b: View, output: View, type: Type): void {
  const rank = output.shape.length;
  const batch = allDimensions(output.shape.slice(0, -2));
  const [row, column] = [rank - 2, rank - 1];
  // Axes: those of the batch, rows and columns of the result, the depth.
  inWindows(
    engine,
    "matmul",
    [
      { view: a, dims: [...batch, row, null, column] },
      { view: b, dims: [...batch, null, column, row] },
      { view: output, dims: [...batch, row, column, null] },
    ],
    ([x, y, to]) => matmul(engine, x, y, to),
    joining(engine, "sum", type),
  );
}

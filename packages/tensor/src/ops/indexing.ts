/** Reading and writing at positions that are data. */

import type { ScatterMode } from "../backend.ts";
import { assign, commonBackend } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { type Shape, wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate, denseLike, type View } from "../view.ts";

const gatherOp: Op<{ readonly axis: number }> = {
  name: "gather",
  forward([x, index], { axis }) {
    const backend = commonBackend("gather", [x, index]);
    const out = allocate(
      backend,
      x.dtype,
      index.shape,
      denseLike(index.shape, index.memory.strides),
    );
    if (out.numel > 0)
      backend.gather(trimmed(x.memory, index.shape, axis), index.memory, out, axis);
    return [new Tensor(out)];
  },
  saves: () => ({ inputs: [1] }),
  gradient: ([g], { attrs: { axis }, input, shape }) => [
    g!.newZeros(shape(0)).scatterAdd(axis, input(1), g!),
    null,
  ],
};
/** The part of v that positions of `shape` can meet. */
const trimmed = (v: View, shape: Shape, axis: number): View =>
  v.with(
    v.shape.map((n, d) => (d === axis ? n : shape[d])),
    v.strides,
  );

function checkIndex(name: string, x: Tensor, axis: number, index: Tensor): Tensor {
  if (index.dtype !== "int32" && index.dtype !== "uint8")
    throw new DlError(
      "dtype",
      `${name}: the index is ${index.dtype}, whole numbers are wanted: index.to("int32")`,
    );
  if (index.rank !== x.rank)
    throw new ShapeError(
      `${name}: the index ${formatShape(index.shape)} needs as many dimensions as the tensor ${formatShape(x.shape)}`,
    );
  const tooLarge = index.shape.findIndex((n, d) => d !== axis && n > x.shape[d]);
  if (tooLarge >= 0)
    throw new ShapeError(
      `${name}: the index ${formatShape(index.shape)} is larger than ${formatShape(x.shape)} in dimension ${tooLarge}`,
    );
  return index.to("int32");
}

/** out[i][j] = x[index[i][j]][j] for dim 0, and so on. */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const axis = wrapDim(dim, x.rank, "gather");
  if (x.rank === 0) return gather(x.reshape([1]), 0, index.reshape([1])).reshape([]);
  return dispatch(gatherOp, [x, checkIndex("gather", x, axis, index)], { axis });
}

const scatterOp: Op<{ readonly axis: number; readonly mode: ScatterMode }> = {
  name: "scatter",
  forward([x, index, updates], { axis, mode }) {
    const backend = commonBackend("scatter", [x, index, updates]);
    const out = allocate(backend, x.dtype, x.shape, denseLike(x.shape, x.memory.strides));
    if (out.numel > 0) {
      backend.map(IDENTITY, [x.memory], [out], []);
      const source = trimmed(updates.memory, index.shape, axis).with(
        index.shape,
        updates.memory.strides,
      );
      if (index.numel > 0)
        backend.scatter(trimmed(out, index.shape, axis), index.memory, source, axis, mode);
    }
    return [new Tensor(out)];
  },
  saves: () => ({ inputs: [1] }),
  gradient([g], { attrs: { axis, mode }, needs, input, shape }) {
    const index = input(1);
    const updates = needs[2] ? g!.gather(axis, index) : null;
    return [
      needs[0] ? (mode === "add" ? g! : g!.scatter(axis, index, 0)) : null,
      null,
      updates && embedCorner(updates, shape(2)),
    ];
  },
};
/** Updates beyond the index were not read: their gradient is zero. */
const embedCorner = (g: Tensor, shape: Shape): Tensor =>
  g.shape.every((n, d) => n === shape[d])
    ? g
    : g.pad(
        shape.flatMap((_, i) => [0, shape[shape.length - 1 - i] - g.shape[shape.length - 1 - i]]),
      );

function scatterWith(
  name: string,
  mode: ScatterMode,
  x: Tensor,
  dim: number,
  index: Tensor,
  updates: Tensor,
): Tensor {
  const axis = wrapDim(dim, x.rank, name);
  const checked = checkIndex(name, x, axis, index);
  if (updates.rank !== index.rank || index.shape.some((n, d) => n > updates.shape[d])) {
    throw new ShapeError(
      `${name}: the index ${formatShape(index.shape)} is larger than the source ${formatShape(updates.shape)}`,
    );
  }
  if (updates.dtype !== x.dtype)
    throw new DlError(
      "dtype",
      `${name}: the source is ${updates.dtype}, the tensor ${x.dtype}: convert with .to("${x.dtype}")`,
    );
  return dispatch(scatterOp, [x, checked, updates], { axis, mode });
}

/** A copy of x with `source` (a tensor or one number) written where `index` says; gather is its reverse. */
export function scatter(x: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  const updates =
    typeof source === "number"
      ? Tensor.scalar(source, x.dtype, x.device).expand(index.shape)
      : source;
  return scatterWith("scatter", "set", x, dim, index, updates);
}
/** The same, adding. Several updates of one element all count. */
export const scatterAdd = (x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor =>
  scatterWith("scatterAdd", "add", x, dim, index, source);

/** The positions of `dim` that a vector of indices names, in that order. */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  if (index.rank !== 1)
    throw new ShapeError(
      `indexSelect: the index is to be a vector, got ${formatShape(index.shape)}`,
    );
  const axis = wrapDim(dim, x.rank, "indexSelect");
  const shape = x.shape.map((n, d) => (d === axis ? index.shape[0] : n));
  const column = index.reshape(shape.map((_, d) => (d === axis ? index.shape[0] : 1)));
  return gather(x, axis, column.expand(shape));
}

const oneHotOp: Op<{ readonly classes: number }> = {
  name: "oneHot",
  forward([index], { classes }) {
    const out = allocate(index.device, "int32", [...index.shape, classes]);
    const prog = program([E.cast(E.eq(E.input(0), E.index(index.rank)))], 1);
    const column = index.memory.with([...index.shape, 1], [...index.memory.strides, 0]);
    if (out.numel > 0) assign([out], prog, [column]);
    return [new Tensor(out)];
  },
};

/** Class numbers as int32 rows with a 1 at their place. Classes are counted if not given, which waits for the device. */
export function oneHot(index: Tensor, { numClasses = -1 } = {}): Tensor {
  const values = index.device.readSync || index.memory.storage.host ? index.dataSync() : undefined;
  if (numClasses < 0 && !values)
    throw new DlError(
      "no-sync",
      `oneHot: ${index.device.name} cannot be read without waiting: give numClasses`,
    );
  let largest = -1;
  values?.forEach((c: number, i: number) => {
    if (c < 0 || !Number.isInteger(c) || (numClasses >= 0 && c >= numClasses)) {
      throw new DlError(
        "index",
        `oneHot: class ${c} at position ${i} is not one of 0 … ${numClasses < 0 ? "n" : numClasses - 1}`,
      );
    }
    largest = Math.max(largest, c);
  });
  if (numClasses < 0 && largest < 0)
    throw new DlError("value", "oneHot: the classes of nothing cannot be counted: give numClasses");
  return dispatch(oneHotOp, [index.to("int32")], {
    classes: numClasses < 0 ? largest + 1 : numClasses,
  });
}

/** Zero above (`tril`) or below (`triu`) the given diagonal of the last two dimensions. */
const triangleOp: Op<{ readonly lower: boolean; readonly diagonal: number }> = {
  name: "tril",
  forward([x], { lower, diagonal }) {
    const out = allocate(x.device, x.dtype, x.shape);
    const distance = E.sub(E.index(x.rank - 1), E.add(E.index(x.rank - 2), E.scalar(0)));
    const inside = lower ? E.le(distance, 0) : E.ge(distance, 0);
    if (out.numel > 0)
      assign([out], program([E.select(inside, E.input(0), 0)], 1, 1), [x.memory], [diagonal]);
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs }) => [dispatch(triangleOp, [g!], attrs)],
};
const triangle = (x: Tensor, lower: boolean, diagonal: number): Tensor => {
  if (x.rank < 2)
    throw new ShapeError(
      `${lower ? "tril" : "triu"}: at least 2 dimensions are wanted, got ${formatShape(x.shape)}`,
    );
  return dispatch(triangleOp, [x], { lower, diagonal });
};
export const tril = (x: Tensor, { diagonal = 0 } = {}): Tensor => triangle(x, true, diagonal);
export const triu = (x: Tensor, { diagonal = 0 } = {}): Tensor => triangle(x, false, diagonal);

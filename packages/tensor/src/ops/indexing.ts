/** Reading and writing at positions that are data. */
import type { ScatterMode } from "../backend.ts";
import { assign, commonBackend, defineMap } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { requireWhole, type Shape, wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate, denseLike, type View } from "../view.ts";
import { pad } from "./join.ts";
import { scatterReduce } from "./scatterReduce.ts";

interface GatherAttrs {
  readonly axis: number;
  /** What was called, for messages. */
  readonly caller: string;
}
const gatherOp: Op<GatherAttrs> = {
  name: "gather",
  forward([x, index], { axis, caller }) {
    const backend = commonBackend("gather", [x, index]);
    const out = allocate(
      backend,
      x.dtype,
      index.shape,
      denseLike(index.shape, index.memory.strides),
    );
    if (out.numel > 0)
      blaming(caller, () =>
        backend.gather(trimmed(x.memory, index.shape, axis), index.memory, out, axis),
      );
    return [new Tensor(out)];
  },
  saves: () => ({ inputs: [1] }),
  gradient: ([g], { attrs: { axis }, input, shape }) => [
    g!.newZeros(shape(0)).scatterAdd(axis, input(1), g!),
    null,
  ],
};
/** A kernel names itself when an index is out of range; the user called something else. */
function blaming(caller: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DlError("index", error.message.replace(/^\w+/, caller), { cause: error });
  }
}
/** The part of v that positions of `shape` can meet. */
const trimmed = (v: View, shape: Shape, axis: number): View =>
  v.with(
    v.shape.map((n, d) => (d === axis ? n : shape[d])),
    v.strides,
  );

/** As int32; other than whole numbers are refused. */
export function wholeNumbers(name: string, index: Tensor): Tensor {
  if (index.dtype !== "int32" && index.dtype !== "uint8")
    throw new DlError(
      "dtype",
      `${name}: the index is ${index.dtype}, whole numbers are wanted: index.to("int32")`,
    );
  return index.to("int32");
}

const wrap = defineMap<[Tensor, number]>("wrap", (i, n) =>
  E.select(E.and(E.lt(i, 0), E.le(E.neg(n), i)), E.add(i, n), i),
);
/** Positions counted from the end (−n … −1) as those from the start. */
export const wrapIndex = (name: string, index: Tensor, n: number): Tensor =>
  wrap(wholeNumbers(name, index), n);

/** In an empty dimension no index is in range; a kernel would not look at them, as there is nothing to read or write. */
export function requirePositions(name: string, x: Tensor, axis: number, index: Tensor): void {
  if (x.shape[axis] === 0 && index.numel > 0)
    throw new DlError(
      "index",
      `${name}: no index is in range for axis ${axis} of ${formatShape(x.shape)}, which has size 0`,
    );
}

function checkIndex(name: string, x: Tensor, axis: number, index: Tensor): Tensor {
  const whole = wholeNumbers(name, index);
  if (index.rank !== x.rank)
    throw new ShapeError(
      `${name}: the index ${formatShape(index.shape)} needs as many dimensions as the tensor ${formatShape(x.shape)}`,
    );
  const tooLarge = index.shape.findIndex((n, d) => d !== axis && n > x.shape[d]);
  if (tooLarge >= 0)
    throw new ShapeError(
      `${name}: the index ${formatShape(index.shape)} is larger than ${formatShape(x.shape)} in dimension ${tooLarge}`,
    );
  requirePositions(name, x, axis, index);
  return whole;
}

/**
 * Reads along `dim` at positions that are data.
 *
 *     out[i][j] = x[index[i][j]][j] for dim 0,  x[i][index[i][j]] for dim 1, and so on
 *
 * @param index int32, as many dimensions as x, nowhere larger than x but along `dim`. Its shape is the result's.
 * @throws DlError "index" for a position that is not there (a device that does not look gives anything).
 * @see https://docs.pytorch.org/docs/stable/generated/torch.gather.html
 *
 * @example
 * const index = tensor([[1, 0], [0, 0]], { dtype: "int32" });
 * gather(tensor([[1, 2], [3, 4]]), 1, index) // => [[2, 1], [3, 3]]
 */
export const gather = (x: Tensor, dim: number, index: Tensor): Tensor =>
  gatherAs("gather", x, dim, index);

/** `gather` for another op, which messages name. */
export function gatherAs(caller: string, x: Tensor, dim: number, index: Tensor): Tensor {
  const axis = wrapDim(dim, x.rank, caller);
  // PyTorch takes a number and a vector of one number for the same here.
  if (x.rank === 0 || index.rank === 0)
    return gatherAs(
      caller,
      x.rank === 0 ? x.reshape([1]) : x,
      0,
      index.rank === 0 ? index.reshape([1]) : index,
    ).reshape(index.shape);
  return dispatch(gatherOp, [x, checkIndex(caller, x, axis, index)], { axis, caller });
}

interface ScatterAttrs extends GatherAttrs {
  readonly mode: ScatterMode;
}
const scatterOp: Op<ScatterAttrs> = {
  name: "scatter",
  forward([x, index, updates], { axis, mode, caller }) {
    const backend = commonBackend("scatter", [x, index, updates]);
    const out = allocate(backend, x.dtype, x.shape, denseLike(x.shape, x.memory.strides));
    if (out.numel > 0) {
      backend.map(IDENTITY, [x.memory], [out], []);
      const source = trimmed(updates.memory, index.shape, axis).with(
        index.shape,
        updates.memory.strides,
      );
      if (index.numel > 0)
        blaming(caller, () =>
          backend.scatter(trimmed(out, index.shape, axis), index.memory, source, axis, mode),
        );
    }
    return [new Tensor(out)];
  },
  saves: () => ({ inputs: [1] }),
  gradient([g], { attrs: { axis, mode }, needs, input, shape }) {
    const index = input(1);
    const updates = needs[2] ? g!.gather(axis, index) : null;
    return [
      needs[0] ? (mode === "add" ? g! : cleared(g!, axis, index)) : null,
      null,
      updates && embedCorner(updates, shape(2)),
    ];
  },
};
/** Updates beyond the index were not read: their gradient is zero. */
const embedCorner = (g: Tensor, shape: Shape): Tensor =>
  g.shape.every((n, d) => n === shape[d])
    ? g
    : pad(
        g,
        shape.flatMap((_, i) => [0, shape[shape.length - 1 - i] - g.shape[shape.length - 1 - i]]),
      );

/** 0 where something was written. */
const cleared = (x: Tensor, axis: number, index: Tensor): Tensor =>
  scatterAs("scatter", "set", x, axis, index, x.newZeros(index.shape));

/** `scatter` for another op, which messages name. */
export function scatterAs(
  caller: string,
  mode: ScatterMode,
  x: Tensor,
  dim: number,
  index: Tensor,
  updates: Tensor,
): Tensor {
  const axis = wrapDim(dim, x.rank, caller);
  if (x.rank === 0)
    return scatterAs(
      caller,
      mode,
      x.reshape([1]),
      0,
      index.reshape([index.numel]),
      updates.rank === 0 ? updates.reshape([1]) : updates,
    ).reshape([]);
  const checked = checkIndex(caller, x, axis, index);
  if (updates.rank !== index.rank || index.shape.some((n, d) => n > updates.shape[d])) {
    throw new ShapeError(
      `${caller}: the index ${formatShape(index.shape)} is larger than the source ${formatShape(updates.shape)}`,
    );
  }
  if (updates.dtype !== x.dtype)
    throw new DlError(
      "dtype",
      `${caller}: the source is ${updates.dtype}, the tensor ${x.dtype}: convert with .to("${x.dtype}")`,
    );
  return dispatch(scatterOp, [x, checked, updates], { axis, mode, caller });
}

/**
 * A copy of x with `source` (a tensor or one number) written along `dim` where `index` says; `gather` is its reverse.
 *
 *     out[index[i][j]][j] = source[i][j] for dim 0, and so on
 *
 * @param index int32, as many dimensions as x, nowhere larger than `source`, nor than x but along `dim`.
 * @param options.reduce "add" or "multiply" instead of replacing.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.scatter.html
 *
 * @example
 * scatter(zeros(2, 3), 1, tensor([[2], [0]], { dtype: "int32" }), 5) // => [[0, 0, 5], [5, 0, 0]]
 */
export function scatter(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor | number,
  { reduce }: { reduce?: "add" | "multiply" } = {},
): Tensor {
  const updates =
    typeof source === "number"
      ? Tensor.scalar(source, x.dtype, x.device).expand(index.shape)
      : source;
  if (reduce === "multiply") return scatterReduce(x, dim, index, updates, "prod");
  return scatterAs("scatter", reduce === "add" ? "add" : "set", x, dim, index, updates);
}

/**
 * `scatter` that adds: several updates of one element all count.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html
 *
 * @example
 * const index = tensor([1, 1, 0], { dtype: "int32" });
 * scatterAdd(zeros(2), 0, index, tensor([1, 2, 3])) // => [3, 3]
 */
export const scatterAdd = (x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor =>
  scatterAs("scatterAdd", "add", x, dim, index, source);

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
  requireWhole("oneHot", "numClasses", numClasses);
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

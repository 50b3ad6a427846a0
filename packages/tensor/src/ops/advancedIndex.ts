/** `x[i, :, j]` of PyTorch and NumPy with tensors of positions: reading, and writing. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { broadcastShapes, numelOf, type Shape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { gatherAs, scatterAs, wrapIndex } from "./indexing.ts";
import { nonzero } from "./masked.ts";

/** Positions for one dimension, a mask for one or several, or null: all of that dimension. */
export type AdvancedIndex = Tensor | null;

interface Plan {
  /** The indexed dimensions first, then the others. */
  readonly order: readonly number[];
  /** int32: which row of [indexed dimensions flattened, others flattened]. */
  readonly rows: Tensor;
  /** How many rows there are. */
  readonly count: number;
  /** The common shape of the indices, and the sizes of the other dimensions. */
  readonly indexShape: Shape;
  readonly others: Shape;
  /** Where the dimensions of the indices stand in the result. */
  readonly at: number;
}

function plan(name: string, x: Tensor, given: readonly AdvancedIndex[]): Plan {
  const indices = given.flatMap((index): AdvancedIndex[] => {
    if (index === null || index.dtype !== "bool") return [index];
    return [...nonzero(index, { asTuple: true })];
  });
  if (indices.length > x.rank)
    throw new ShapeError(
      `${name}: ${indices.length} indices are too many for a tensor of ${x.rank} dimensions, ${formatShape(x.shape)}`,
    );
  checkMasks(name, x, given);
  const dims = x.shape.map((_, d) => d);
  const indexed = dims.filter((d) => indices[d]);
  if (indexed.length === 0)
    throw new DlError("value", `${name}: at least one index has to be a tensor`);
  const rest = dims.filter((d) => !indices[d]);
  const indexShape = broadcastShapes(
    indexed.map((d) => indices[d]!.shape),
    name,
  );
  const rows = indexed
    .map((d) => checked(name, indices[d]!, x, d).expand(indexShape))
    .reduce((row, i, k) => row.mul(x.shape[indexed[k]]).add(i));
  // Indices side by side stay in their place; apart, their dimensions come first.
  const areTogether = indexed.every((d, i) => i === 0 || d === indexed[i - 1] + 1);
  return {
    order: [...indexed, ...rest],
    rows: rows.reshape([numelOf(indexShape)]),
    count: numelOf(indexed.map((d) => x.shape[d])),
    indexShape,
    others: rest.map((d) => x.shape[d]),
    at: areTogether ? indexed[0] : 0,
  };
}

/**
 * Counted from the start. A position that is out of range in one dimension may be in range for all of them together, so
 * the kernel would not notice: it is looked at here where that costs no waiting.
 */
function checked(name: string, index: Tensor, x: Tensor, dim: number): Tensor {
  const n = x.shape[dim];
  const wrapped = wrapIndex(name, index, n);
  if (!index.memory.storage.host && !index.device.readSync) return wrapped;
  const bad = index
    .detach()
    .dataSync()
    .find((i: number) => i < -n || i >= n);
  if (bad !== undefined)
    throw new DlError(
      "index",
      `${name}: index ${bad} is out of range for dimension ${dim} of ${formatShape(x.shape)}, which has ${n}`,
    );
  return wrapped;
}

function checkMasks(name: string, x: Tensor, given: readonly AdvancedIndex[]): void {
  let d = 0;
  for (const index of given) {
    if (index?.dtype !== "bool") {
      d++;
      continue;
    }
    const covered = x.shape.slice(d, d + index.rank);
    if (!sameShape(covered, index.shape))
      throw new ShapeError(
        `${name}: the mask ${formatShape(index.shape)} does not fit the dimensions ${formatShape(covered)} of ${formatShape(x.shape)} that it stands for`,
      );
    d += index.rank;
  }
}

/** x with the indexed dimensions as one, in front of the others as one. */
const asRows = (x: Tensor, { order, count, others }: Plan): Tensor =>
  x.permute(order).reshape([count, numelOf(others)]);
const rowIndex = ({ rows, others }: Plan): Tensor =>
  rows.reshape([rows.numel, 1]).expand([rows.numel, numelOf(others)]);
/** From [indices…, others…] to the result's order, as an order of dimensions. */
function placed({ indexShape, others, at }: Plan): number[] {
  const [i, o] = [indexShape.length, others.length];
  const dims = Array.from({ length: i + o }, (_, d) => d);
  return [...dims.slice(i, i + at), ...dims.slice(0, i), ...dims.slice(i + at, i + o)];
}

/**
 * What PyTorch writes as `x[i, :, j]`: elements at positions that tensors give, which broadcast. The dimensions of the
 * indices take the place of the indexed ones; where these do not lie side by side, they come first. A bool tensor stands
 * for the positions where it is true, which are counted: this waits for the device.
 *
 * @param indices for each leading dimension a tensor of positions (negative ones count from the end), a mask, or null
 * for all of it.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
 *
 * @example
 * const x = tensor([[1, 2], [3, 4], [5, 6]]);
 * index(x, [tensor([0, -1], { dtype: "int32" }), tensor([1, 0], { dtype: "int32" })]) // => [2, 5]
 */
export function index(x: Tensor, indices: readonly AdvancedIndex[]): Tensor {
  const p = plan("index", x, indices);
  const picked = gatherAs("index", asRows(x, p), 0, rowIndex(p));
  return picked.reshape([...p.indexShape, ...p.others]).permute(placed(p));
}

/**
 * A copy of x in which `x[i, :, j]` (see `index`) is `values`, or, with `accumulate`, has them added; what is named
 * several times then gets all of them, and otherwise holds the last.
 *
 * @param indices for each leading dimension a tensor of positions (negative ones count from the end), a mask, or null.
 * @param values broadcast to what `index` would give; a number for all.
 * @param options.accumulate default false.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
 *
 * @example
 * const rows = tensor([0, 0], { dtype: "int32" });
 * indexPut(zeros(2, 2), [rows], ones(2), { accumulate: true }) // => [[2, 2], [0, 0]]
 */
export function indexPut(
  x: Tensor,
  indices: readonly AdvancedIndex[],
  values: Tensor | number,
  { accumulate = false } = {},
): Tensor {
  const p = plan("indexPut", x, indices);
  const inPlace = placed(p);
  const sizes = [...p.indexShape, ...p.others];
  const source = typeof values === "number" ? Tensor.scalar(values, x.dtype, x.device) : values;
  const spread = source
    .expand(inPlace.map((d) => sizes[d]))
    .permute(inPlace.map((_, d) => inPlace.indexOf(d)))
    .reshape([p.rows.numel, numelOf(p.others)]);
  const written = scatterAs(
    "indexPut",
    accumulate ? "add" : "set",
    asRows(x, p),
    0,
    rowIndex(p),
    spread,
  );
  return written
    .reshape(p.order.map((d) => x.shape[d]))
    .permute(p.order.map((_, d) => p.order.indexOf(d)));
}

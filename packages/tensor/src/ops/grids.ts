/** Grids and selections of the elements of vectors. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { numelOf, requireSizes } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { remainder } from "./binary.ts";
import { cat, pad, stack } from "./join.ts";

export interface MeshgridOptions {
  /** "ij" (default): the first vector runs along rows; "xy": along columns. */
  indexing?: "ij" | "xy";
}
/** `meshgrid(a, b)`, `meshgrid([a, b])`, either with options behind. */
function tensorsAndOptions<O extends object>(
  args: readonly unknown[],
): [tensors: Tensor[], options: O] {
  const last = args.at(-1);
  const isPlain = last && !(last instanceof Tensor) && !Array.isArray(last);
  return [(isPlain ? args.slice(0, -1) : args).flat() as Tensor[], (isPlain ? last : {}) as O];
}

/**
 * Coordinate grids: of n vectors n tensors of n dimensions, each showing one vector along its own. Views.
 *
 * @param args vectors (or numbers), by themselves or as a list; then options.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.meshgrid.html
 *
 * @example
 * meshgrid(tensor([1, 2]), tensor([3, 4])) // => [[[1, 1], [2, 2]], [[3, 4], [3, 4]]]
 */
export function meshgrid(
  ...args: readonly (Tensor | readonly Tensor[] | MeshgridOptions)[]
): Tensor[] {
  const [tensors, { indexing = "ij" }] = tensorsAndOptions<MeshgridOptions>(args);
  if (tensors.length === 0) throw new DlError("value", "meshgrid: an empty list of tensors");
  const odd = tensors.find((t) => t.rank > 1);
  if (odd)
    throw new ShapeError(`meshgrid: vectors are wanted, one has shape ${formatShape(odd.shape)}`);
  if (indexing !== "ij" && indexing !== "xy")
    throw new DlError("value", `meshgrid: indexing "${indexing}" is neither "ij" nor "xy"`);
  const isSwapped = indexing === "xy" && tensors.length >= 2;
  const sizes = tensors.map((t) => t.numel);
  if (isSwapped) [sizes[0], sizes[1]] = [sizes[1], sizes[0]];
  return tensors.map((t, i) => {
    const dim = isSwapped && i < 2 ? 1 - i : i;
    return t.reshape(sizes.map((n, d) => (d === dim ? n : 1))).expand(sizes);
  });
}

/**
 * Every combination of an element of each vector, as rows: `[product of lengths, number of vectors]`.
 *
 * @param args vectors, by themselves or as a list. One alone is returned as it is.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cartesian_prod.html
 *
 * @example
 * cartesianProd(tensor([1, 2]), tensor([3, 4])) // => [[1, 3], [1, 4], [2, 3], [2, 4]]
 */
export function cartesianProd(...args: readonly (Tensor | readonly Tensor[])[]): Tensor {
  const vectors = args.flat() as Tensor[];
  const odd = vectors.find((t) => t.rank !== 1);
  if (odd || vectors.length === 0)
    throw new ShapeError(
      `cartesianProd: vectors are wanted, got ${odd ? formatShape(odd.shape) : "none"}`,
    );
  if (vectors.length === 1) return vectors[0];
  return stack(
    meshgrid(vectors).map((t) => t.reshape([t.numel])),
    1,
  );
}

export interface CombinationsOptions {
  /** How many elements each has. Default 2. */
  r?: number;
  /** May an element be chosen several times? Default false. */
  withReplacement?: boolean;
}
/**
 * The combinations of r elements of a vector in their order, as rows.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.combinations.html
 *
 * @example
 * combinations(tensor([1, 2, 3])) // => [[1, 2], [1, 3], [2, 3]]
 */
export function combinations(
  x: Tensor,
  { r = 2, withReplacement = false }: CombinationsOptions = {},
): Tensor {
  if (x.rank !== 1)
    throw new ShapeError(`combinations: a vector is wanted, got ${formatShape(x.shape)}`);
  if (!Number.isInteger(r) || r < 0)
    throw new DlError("value", `combinations: r = ${r} is not a number of elements`);
  if (r === 0) return x.newZeros([0]);
  const rows: number[] = [];
  const choose = (chosen: readonly number[]): void => {
    if (chosen.length === r) {
      rows.push(...chosen);
      return;
    }
    const last = chosen.at(-1) ?? (withReplacement ? 0 : -1);
    for (let i = withReplacement ? last : last + 1; i < x.numel; i++) choose([...chosen, i]);
  };
  choose([]);
  const n = rows.length;
  return x.gather(0, Tensor.from(Int32Array.from(rows), [n], x.device)).reshape([n / r, r]);
}

/**
 * The matrices along the diagonal of a larger one, zero elsewhere. Vectors count as rows.
 *
 * @param args matrices, by themselves or as a list.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.block_diag.html
 *
 * @example
 * blockDiag(tensor([[1, 2]]), tensor([[3]])) // => [[1, 2, 0], [0, 0, 3]]
 */
export function blockDiag(...args: readonly (Tensor | readonly Tensor[])[]): Tensor {
  const blocks = (args.flat() as Tensor[]).map((t) => {
    if (t.rank > 2)
      throw new ShapeError(`blockDiag: matrices are wanted, one has shape ${formatShape(t.shape)}`);
    return t.rank === 2 ? t : t.reshape([1, t.numel]);
  });
  if (blocks.length === 0) throw new DlError("value", "blockDiag: an empty list of tensors");
  const columns = blocks.reduce((n, t) => n + t.shape[1], 0);
  let before = 0;
  return cat(
    blocks.map((t) => {
      const left = before;
      before += t.shape[1];
      return pad(t, [left, columns - before]);
    }),
    0,
  );
}

export interface VanderOptions {
  /** Number of columns. Default: the length of x. */
  N?: number;
  /** Powers from left to right. Default false: 0 is last. */
  increasing?: boolean;
}
/**
 * The powers of a vector's elements as columns.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.vander.html
 *
 * @example
 * vander(tensor([2, 3]), { N: 3 }) // => [[4, 2, 1], [9, 3, 1]]
 */
export function vander(x: Tensor, { N, increasing = false }: VanderOptions = {}): Tensor {
  if (x.rank !== 1) throw new ShapeError(`vander: a vector is wanted, got ${formatShape(x.shape)}`);
  const powers = increasingPowers(x, N ?? x.numel);
  return increasing ? powers : powers.flip(-1);
}
/** @internal Along a new last dimension: 1, x, x², … */
export function increasingPowers(x: Tensor, n: number): Tensor {
  if (!Number.isInteger(n) || n < 0)
    throw new DlError("value", `vander: N = ${n} is not a number of columns`);
  if (n === 0) return x.newZeros([...x.shape, 0]);
  const columns = [x.newFull(x.shape, 1)];
  while (columns.length < n) columns.push(columns[columns.length - 1].mul(x));
  return stack(columns, -1);
}

/**
 * Positions in the flattened tensor as positions in each dimension of `shape`.
 *
 * @param index int32 of any shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.unravel_index.html
 *
 * @example
 * unravelIndex(tensor([3, 5], { dtype: "int32" }), [2, 3]) // => [[1, 1], [0, 2]]
 */
export function unravelIndex(index: Tensor, shape: number | readonly number[]): Tensor[] {
  const sizes = [shape].flat() as number[];
  requireSizes("unravelIndex", sizes);
  return sizes.map((n, d) =>
    remainder(index.div(numelOf(sizes.slice(d + 1)), { roundingMode: "floor" }), n),
  );
}

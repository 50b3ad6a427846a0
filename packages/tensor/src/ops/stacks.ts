/** Stacking by direction, and splitting by places. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { requireWhole, wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { cat, type DimArgument, requireList } from "./join.ts";
import { atleast1d, atleast2d, atleast3d } from "./rearrange.ts";

/**
 * Side by side: vectors one after another, anything else along dimension 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.hstack.html
 *
 * @example
 * hstack([tensor([[1], [2]]), tensor([[3], [4]])]) // => [[1, 3], [2, 4]]
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  requireList("hstack", tensors);
  const raised = atleast1d(tensors);
  return cat(raised, raised[0]?.rank === 1 ? 0 : 1);
}
/**
 * On top of one another: vectors as rows, anything else along dimension 0.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.vstack.html
 *
 * @example
 * vstack([tensor([1, 2]), tensor([3, 4])]) // => [[1, 2], [3, 4]]
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  requireList("vstack", tensors);
  return cat(atleast2d(tensors), 0);
}
/**
 * Behind one another: along dimension 2, with vectors as [1, n, 1] and matrices as [m, n, 1].
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.dstack.html
 *
 * @example
 * dstack([tensor([1, 2]), tensor([3, 4])]) // => [[[1, 3], [2, 4]]]
 */
export function dstack(tensors: readonly Tensor[]): Tensor {
  requireList("dstack", tensors);
  return cat(atleast3d(tensors), 2);
}
/**
 * As columns: vectors (and numbers) become one each, matrices bring theirs.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.column_stack.html
 *
 * @example
 * columnStack([tensor([1, 2]), tensor([3, 4])]) // => [[1, 3], [2, 4]]
 */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  requireList("columnStack", tensors);
  return hstack(tensors.map((t) => (t.rank <= 1 ? t.reshape([t.numel, 1]) : t)));
}

/**
 * Along `dim` (default 0) into this many parts, of which the first are one larger where it does not come out even; or
 * into the parts between the given positions. Views.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html
 *
 * @example
 * tensorSplit(tensor([1, 2, 3, 4, 5]), 2) // => [[1, 2, 3], [4, 5]]
 */
export function tensorSplit(
  x: Tensor,
  indicesOrSections: number | readonly number[],
  dim: DimArgument = 0,
): Tensor[] {
  return splitAlong(
    "tensorSplit",
    x,
    indicesOrSections,
    typeof dim === "number" ? dim : (dim.dim ?? 0),
  );
}
function splitAlong(
  name: string,
  x: Tensor,
  indicesOrSections: number | readonly number[],
  dim: number,
): Tensor[] {
  if (x.rank === 0)
    throw new ShapeError(`${name}: a zero-dimensional tensor has no dimension to take apart`);
  const axis = wrapDim(dim, x.rank, name);
  const n = x.shape[axis];
  let ends: number[];
  if (typeof indicesOrSections === "number") {
    const parts = indicesOrSections;
    if (!Number.isInteger(parts) || parts < 1)
      throw new DlError("value", `${name}: ${parts} parts: at least one is wanted`);
    const larger = n % parts;
    ends = Array.from(
      { length: parts },
      (_, i) => (i + 1) * Math.floor(n / parts) + Math.min(i + 1, larger),
    );
  } else {
    for (const i of indicesOrSections) requireWhole(name, "index", i);
    ends = [...indicesOrSections, n];
  }
  const clip = (i: number) => Math.min(Math.max(i < 0 ? i + n : i, 0), n);
  let start = 0;
  return ends.map((e) => {
    const end = clip(e);
    const part = x.narrow(axis, start, Math.max(0, end - start));
    start = end;
    return part;
  });
}
const evenly =
  (name: string, least: number, dimOf: (x: Tensor) => number) =>
  (x: Tensor, indicesOrSections: number | readonly number[]): Tensor[] => {
    if (x.rank < least)
      throw new ShapeError(
        `${name}: at least ${least} dimension${least > 1 ? "s are" : " is"} wanted, got ${formatShape(x.shape)}`,
      );
    const dim = dimOf(x);
    if (typeof indicesOrSections === "number" && x.shape[dim] % indicesOrSections !== 0)
      throw new ShapeError(
        `${name}: ${x.shape[dim]} positions of dimension ${dim} do not make ${indicesOrSections} equal parts: tensorSplit takes any number`,
      );
    return splitAlong(name, x, indicesOrSections, dim);
  };
/**
 * `tensorSplit` along dimension 1 (0 for a vector); a number of parts has to come out even.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.hsplit.html
 *
 * @example
 * hsplit(tensor([[1, 2], [3, 4]]), 2) // => [[[1], [3]], [[2], [4]]]
 */
export const hsplit: (x: Tensor, indicesOrSections: number | readonly number[]) => Tensor[] =
  evenly("hsplit", 1, (x) => (x.rank === 1 ? 0 : 1));
/**
 * `tensorSplit` along dimension 0; a number of parts has to come out even.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.vsplit.html
 *
 * @example
 * vsplit(tensor([[1, 2], [3, 4]]), 2) // => [[[1, 2]], [[3, 4]]]
 */
export const vsplit: (x: Tensor, indicesOrSections: number | readonly number[]) => Tensor[] =
  evenly("vsplit", 2, () => 0);
/**
 * `tensorSplit` along dimension 2; a number of parts has to come out even.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.dsplit.html
 *
 * @example
 * dsplit(tensor([[[1, 2], [3, 4]]]), 2) // => [[[[1], [3]]], [[[2], [4]]]]
 */
export const dsplit: (x: Tensor, indicesOrSections: number | readonly number[]) => Tensor[] =
  evenly("dsplit", 3, () => 2);

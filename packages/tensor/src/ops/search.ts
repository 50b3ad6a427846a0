/** Where values belong in a sorted sequence, and whether they are in a set. */
import { runReduce } from "../define.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { program } from "../program.ts";
import { scope } from "../scope.ts";
import { sameShape } from "../shape.ts";
import { isTensor, Tensor } from "../tensor.ts";
import { sort } from "./sort.ts";

/** Bisection along the last dimension, for all values at once: the first position whose element is not `before` the value. */
function bisect(
  sequence: Tensor,
  values: Tensor,
  before: (element: Tensor, value: Tensor) => Tensor,
): Tensor {
  const n = sequence.shape.at(-1)!;
  let low = values.ne(values).to("int32").mul(0);
  if (n === 0) return low;
  let high = low.add(n);
  for (let width = n; width > 0; width = Math.floor(width / 2)) {
    const middle = low.add(high).div(2, { roundingMode: "floor" });
    const element = sequence.gather(-1, middle.clamp({ max: n - 1 }));
    const isBefore = before(element, values).logicalAnd(low.lt(high));
    [low, high] = [isBefore.where(middle.add(1), low), isBefore.where(high, middle)];
  }
  return low;
}

export interface SearchOptions {
  /** Behind equal elements rather than before them. Default false. */
  right?: boolean;
}
export interface SearchsortedOptions extends SearchOptions {
  /** "right" is `right: true`. */
  side?: "left" | "right" | null;
  /** Positions that bring the sequence into order, if it is not: those of `argsort`. */
  sorter?: Tensor | null;
}
/**
 * The positions in a sorted sequence at which values would be inserted.
 *
 * @param sortedSequence one dimension, or `[..., n]` with the leading dimensions of the values.
 * @param values any shape, or a number.
 * @returns int32 positions, in the shape of the values.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html
 *
 * @example
 * searchsorted(tensor([1, 3, 5]), tensor([3, 4, 9]), { right: true }) // => [2, 2, 3]
 */
export function searchsorted(
  sortedSequence: Tensor,
  values: Tensor | number,
  { right = false, side = null, sorter = null }: SearchsortedOptions = {},
): Tensor {
  if (side === "left" && right)
    throw new DlError("value", 'searchsorted: side is "left" and right is true: give one of them');
  return scope(() => {
    const wanted = isTensor(values) ? values : sortedSequence.newFull([], values);
    const sequence = sorter ? sortedSequence.gather(-1, sorter) : sortedSequence;
    const isFlat = sequence.rank === 1;
    if (!isFlat && !sameShape(sequence.shape.slice(0, -1), wanted.shape.slice(0, -1)))
      throw new ShapeError(
        `searchsorted: the sequence ${formatShape(sequence.shape)} needs one dimension, or the leading dimensions of the values ${formatShape(wanted.shape)}`,
      );
    const isRight = right || side === "right";
    const found = bisect(
      sequence.detach(),
      isFlat ? wanted.detach().reshape([-1]) : wanted.detach(),
      (e, v) => (isRight ? e.gt(v) : e.ge(v)).logicalNot(),
    );
    return found.reshape(wanted.shape);
  });
}
/**
 * The number of the bucket, between increasing boundaries, that each value is in.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bucketize.html
 *
 * @example
 * bucketize(tensor([3, 6, 9]), tensor([1, 3, 5, 7, 9])) // => [1, 3, 4]
 */
export const bucketize = (
  x: Tensor | number,
  boundaries: Tensor,
  { right = false }: SearchOptions = {},
): Tensor => searchsorted(boundaries, x, { right });

/** Up to so many members each is compared with each; beyond, they are sorted. */
const FEW = 64;
const EQUAL = program([E.cast(E.eq(E.input(0), E.input(1)))], 2);

/**
 * Is each element one of `testElements`? NaN is none.
 *
 * @param options.invert whether it is not. Default false.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.isin.html
 *
 * @example
 * isin(tensor([1, 2, 3]), tensor([2, 3])) // => [false, true, true]
 */
export function isin(
  elements: Tensor | number,
  testElements: Tensor | number,
  { invert = false }: { assumeUnique?: boolean; invert?: boolean } = {},
): Tensor {
  const [x, tests] = isTensor(elements)
    ? [elements, isTensor(testElements) ? testElements : elements.newFull([], testElements)]
    : [(testElements as Tensor).newFull([], elements), testElements as Tensor];
  return scope(() => {
    const found = contains(x.detach().reshape([-1]), tests.detach().reshape([-1]));
    return (invert ? found.logicalNot() : found).reshape(x.shape);
  });
}
function contains(x: Tensor, tests: Tensor): Tensor {
  if (x.numel === 0 || tests.numel === 0) return x.ne(x).logicalAnd(0);
  if (tests.numel <= FEW) {
    const operands = [x.unsqueeze(1), tests.unsqueeze(0)];
    return new Tensor(runReduce("isin", "max", EQUAL, operands, [1], "bool")).squeeze(1);
  }
  const sorted = sort(tests).values;
  const position = bisect(sorted, x, (e, v) => e.lt(v));
  return sorted.gather(0, position.clamp({ max: tests.numel - 1 })).eq(x);
}

/** Copies side by side. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { type Shape, wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { separate } from "./cast.ts";
import { indexSelectAs } from "./indexAlong.ts";
import { wholeNumbers } from "./indexing.ts";
import { cumsum } from "./scan.ts";

/**
 * The tensor this many times along each dimension; numbers beyond its rank make new dimensions in front.
 *
 * @throws ShapeError for fewer numbers than dimensions: `tile` takes these.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
 *
 * @example
 * repeat(tensor([1, 2]), [2, 2]) // => [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export function repeat(x: Tensor, sizes: Shape): Tensor {
  if (sizes.length < x.rank)
    throw new ShapeError(
      `repeat: ${formatShape(sizes)} has fewer numbers than ${formatShape(x.shape)} dimensions: tile adds ones in front`,
    );
  const bad = sizes.find((n) => !Number.isInteger(n) || n < 0);
  if (bad !== undefined)
    throw new DlError("value", `repeat: ${bad} is not a number of times in ${formatShape(sizes)}`);
  const shape = [...sizes.slice(x.rank).map(() => 1), ...x.shape];
  // Each dimension as [times, size], the times without a copy.
  const split = shape.flatMap((n) => [1, n]);
  const wide = shape.flatMap((n, d) => [sizes[d], n]);
  const out = x
    .reshape(split)
    .expand(wide)
    .reshape(shape.map((n, d) => n * sizes[d]));
  // Where sizes of 1 are repeated the last step needs no copy either.
  return separate(out, x);
}
/**
 * `repeat` that takes fewer numbers than dimensions, for the last ones.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.tile.html
 *
 * @example
 * tile(tensor([[1], [2]]), [2]) // => [[1, 1], [2, 2]]
 */
export const tile = (x: Tensor, dims: Shape): Tensor =>
  repeat(x, [...x.shape.slice(dims.length).map(() => 1), ...dims]);

export interface RepeatInterleaveOptions {
  /** Default: the flattened tensor. */
  dim?: number;
  /** The size of `dim` in the result, if it is known: then nothing waits for the device. */
  outputSize?: number;
}
/**
 * Every position of `dim` repeated in its place, all equally often or as often as a vector says. Without `dim` the
 * tensor is flattened. With one argument, position i as often as the vector says. A vector of repeats makes the
 * result's shape depend on data and so waits for the device.
 *
 * @param repeats a number, or an int32 vector with one for each position.
 * @throws DlError for a vector of another length.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html
 *
 * @example
 * repeatInterleave(tensor([1, 2]), tensor([2, 1], { dtype: "int32" })) // => [1, 1, 2]
 */
export function repeatInterleave(
  x: Tensor,
  repeats?: number | Tensor,
  { dim, outputSize }: RepeatInterleaveOptions = {},
): Tensor {
  if (repeats === undefined) return interleavedPositions(x, outputSize);
  if (dim === undefined)
    return repeatInterleave(x.reshape([x.numel]), repeats, { dim: 0, outputSize });
  const axis = wrapDim(dim, x.rank, "repeatInterleave");
  if (x.rank === 0) return repeatInterleave(x.reshape([1]), repeats, { dim: 0, outputSize });
  const n = x.shape[axis];
  if (typeof repeats === "number") {
    requireTimes(repeats);
    const before = x.shape.slice(0, axis);
    const after = x.shape.slice(axis + 1);
    const out = x
      .reshape([...before, n, 1, ...after])
      .expand([...before, n, repeats, ...after])
      .reshape([...before, n * repeats, ...after]);
    return separate(out, x);
  }
  const times = repeats.numel === 1 ? repeats.reshape([1]).expand([n]) : repeats;
  if (times.rank !== 1 || times.numel !== n)
    throw new ShapeError(
      `repeatInterleave: the repeats ${formatShape(repeats.shape)} have to be one number, or a vector with one for each of the ${n} positions of dim ${dim} of ${formatShape(x.shape)}`,
    );
  const index = interleavedPositions(times, outputSize);
  return indexSelectAs("repeatInterleave", x, axis, index);
}
function requireTimes(n: number): void {
  if (!Number.isInteger(n) || n < 0)
    throw new DlError("value", `repeatInterleave: ${n} is not a number of times`);
}
/** 0 as often as the first number says, 1 as often as the second, … */
function interleavedPositions(repeats: Tensor, outputSize?: number): Tensor {
  if (repeats.rank !== 1)
    throw new ShapeError(
      `repeatInterleave: the repeats are to be a vector, got ${formatShape(repeats.shape)}`,
    );
  const times = wholeNumbers("repeatInterleave", repeats);
  const { device } = times;
  if (!times.memory.storage.host && !device.readSync) {
    if (outputSize === undefined)
      throw new DlError(
        "no-sync",
        `repeatInterleave: the result's size depends on data, and ${device.name} cannot be read without waiting: give outputSize`,
      );
    return withoutReading(times, outputSize);
  }
  const found: number[] = [];
  times.dataSync().forEach((n: number, i: number) => {
    requireTimes(n);
    for (let k = 0; k < n; k++) found.push(i);
  });
  if (outputSize !== undefined && found.length !== outputSize)
    throw new ShapeError(
      `repeatInterleave: the repeats add up to ${found.length}, outputSize is ${outputSize}`,
    );
  return Tensor.from(Int32Array.from(found), [found.length], device);
}
/** A position is how many of the repeats end before it or at it. */
function withoutReading(times: Tensor, size: number): Tensor {
  if (times.numel === 0) return times.newZeros([size]);
  const ends = cumsum(times, 0).unsqueeze(1);
  const at = Tensor.from(
    Int32Array.from({ length: size }, (_, i) => i),
    [size],
    times.device,
  );
  return at.ge(ends).to("int32").sum(0);
}

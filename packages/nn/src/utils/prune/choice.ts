/** Which elements or channels go: decided on the host. */
import {
  DlError,
  defaultGenerator,
  formatShape,
  numelOf,
  type Shape,
  ShapeError,
  type Tensor,
} from "@dl/tensor/core";

/** Elements of a tensor on the host, row-major. */
export type Numbers = ArrayLike<number>;
export const onHost = (t: Tensor): Float64Array => Float64Array.from(t.dataSync());

/** How many of `size`. */
export function countOf(caller: string, amount: number, size: number): number {
  const isCount = Number.isInteger(amount);
  if (isCount && amount > size)
    throw new DlError(
      "value",
      `${caller}: amount ${amount} is to be a part from 0 to 1, or a whole number up to ${size}`,
    );
  return isCount ? amount : roundHalfEven(amount * size);
}
/** A part from 0 to 1, or a whole number. */
export function requireAmount(caller: string, amount: number): void {
  if (amount >= 0 && (Number.isInteger(amount) || amount <= 1)) return;
  throw new DlError(
    "value",
    `${caller}: amount ${amount} is to be a part from 0 to 1, or a whole number`,
  );
}
/** As Python rounds. */
function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low % 2) : Math.round(x);
}
/** Positions by rising (or falling) value; equal ones in order. */
export const ranked = (values: Numbers, descending = false): number[] =>
  Array.from({ length: values.length }, (_, i) => i).sort((a, b) =>
    descending ? values[b] - values[a] : values[a] - values[b],
  );
/** Uniform random numbers, those of PyTorch's generator. */
export function drawn(n: number, isDouble = false): Float64Array {
  const out = isDouble ? new Float64Array(n) : new Float32Array(n);
  defaultGenerator.fillUniform(out);
  return Float64Array.from(out);
}

/** The dimension that is pruned by whole indices. */
export function axisOf(caller: string, shape: Shape, dim: number): number {
  const axis = dim < 0 ? dim + shape.length : dim;
  if (shape.length < 2 || !(axis >= 0 && axis < shape.length))
    throw new ShapeError(
      `${caller}: a parameter of at least 2 dimensions is wanted, with a dimension ${dim}, got ${formatShape(shape)}`,
    );
  return axis;
}
/** At which index of a dimension an element is. */
export function channelIndex(shape: Shape, axis: number): (i: number) => number {
  const inner = numelOf(shape.slice(axis + 1));
  return (i) => Math.floor(i / inner) % shape[axis];
}
/** Where the elements are whose index of a dimension has anything left, and their shape. */
export function presentChannels(
  mask: Float64Array,
  shape: Shape,
  dim: number,
  method: object,
): { places: number[]; shape: number[] } {
  const axis = axisOf(method.constructor.name, shape, dim);
  const channel = channelIndex(shape, axis);
  const present = new Set<number>();
  mask.forEach((x, i) => {
    if (x !== 0) present.add(channel(i));
  });
  return {
    places: [...mask.keys()].filter((i) => present.has(channel(i))),
    shape: shape.map((n, d) => (d === axis ? present.size : n)),
  };
}

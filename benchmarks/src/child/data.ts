/** The inputs of every workload: the same numbers for every peer (`peers/pytorch.py` has these functions too). */

/** `size` numbers within ±scale/2, which repeat after 1000. */
export function values(size: number, seed = 0, scale = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: size },
    (_, i) => ((((i + 131 * seed) * 7919) % 1000) / 1000 - 0.5) * scale,
  );
}

export function labels(size: number, classes: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: size }, (_, i) => (i * 7) % classes);
}

/** The index-th parameter of a model, a matrix or a filter [out, in, ...]: scaled for its fan-in. */
export function weights(shape: readonly number[], index: number): Float32Array<ArrayBuffer> {
  const size = shape.reduce((a, b) => a * b, 1);
  return values(size, index + 1, 2 / Math.sqrt(size / shape[0]));
}

/** One number for a result: other values and another order of the same values both change it. */
export function checksum(result: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < result.length; i++) sum += Math.abs(result[i]) * (1 + (i % 7) / 7);
  return sum / result.length;
}

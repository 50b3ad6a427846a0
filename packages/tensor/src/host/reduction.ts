import type { ReduceOp, ScanOp } from "../backend.ts";
import type { ComputeType, DType } from "../dtype.ts";

/** Math.max and Math.min let NaN win. */
const JOIN: Readonly<Record<ReduceOp | ScanOp, (total: number, x: number) => number>> = {
  sum: (total, x) => total + x,
  prod: (total, x) => total * x,
  max: Math.max,
  min: Math.min,
};

/**
 * How one value joins a total, in double precision, or for products of integers modulo 2³². Sums of integers are exact for
 * 2²² elements at least and have to be wrapped (`| 0`) when they are done.
 *
 * @param type what is computed in
 *
 * @example
 * joinFor("prod", "int32")(65536, 65537) // => 65536
 */
export const joinFor = (
  op: ReduceOp | ScanOp,
  type: ComputeType,
): ((total: number, x: number) => number) =>
  op === "prod" && type === "int32" ? Math.imul : JOIN[op];

/**
 * What a reduction over nothing gives, and a total starts with.
 *
 * @example
 * [identityOf("prod", "float32"), identityOf("max", "uint8"), identityOf("min", "float32")] // => [1, 0, Infinity]
 */
export function identityOf(op: ReduceOp, dtype: DType): number {
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  const [least, greatest] =
    dtype === "int32"
      ? [-2147483648, 2147483647]
      : dtype === "uint8"
        ? [0, 255]
        : dtype === "bool"
          ? [0, 1]
          : [-Infinity, Infinity];
  return op === "max" ? least : greatest;
}

import {
  type DType,
  defineMap,
  expr as E,
  isFloating,
  type Operand,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { constants, maxValue, onBatch, requireThat } from "./image.ts";

const scaled = defineMap<[Tensor, number]>("toDtype", (x, factor) => E.mul(x, factor), {
  result: "float",
});

/**
 * Images in another dtype. With `scale`, white stays white: bytes 0 … 255 become 0 … 1 and the other way round.
 *
 * @param options.scale default false: the numbers stay.
 * @throws DlError "value" from float32 to int32 with `scale`, which has more digits.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.to_dtype.html
 *
 * @example
 * toDtype(tensor([[[0, 51, 255]]], { dtype: "uint8" }), "float32", { scale: true }) // => [[[0, 0.2, 1]]]
 */
export function toDtype(image: Tensor, dtype: DType, { scale = false } = {}): Tensor {
  const from = image.dtype;
  if (from === dtype || !scale || (isFloating(from) && isFloating(dtype))) return image.to(dtype);
  if (isFloating(dtype))
    return scope(() => scaled(image.to(dtype), Math.fround(1 / maxValue(from))));
  if (isFloating(from)) {
    requireThat(
      !(from === "float32" && dtype === "int32"),
      "toDtype",
      'float32 has fewer digits than int32: scale to "uint8"',
    );
    // Nearly 256 steps of equal width, as in torchvision: 1 becomes 255, and so does what lies just below.
    return scope(() => scaled(image, maxValue(dtype) + 1 - 1e-3).to(dtype));
  }
  const step = 2 ** (bitsOf(from) - bitsOf(dtype));
  return scope(() => rescaled(image.to("int32"), step).to(dtype));
}
const bitsOf = (dtype: DType): number => ({ uint8: 8, int32: 31, bool: 1 })[dtype as "uint8"];
const rescaled = defineMap<[Tensor, number]>("toDtype", (x, step) =>
  E.select(E.ge(step, 1), E.div(x, step), E.mul(x, E.div(1, step))),
);

const normalized = defineMap<[Tensor, Operand, Operand]>("normalize", (x, mean, std) =>
  E.div(E.sub(x, mean), std),
);

/**
 * `(x − mean) / std`, channel by channel.
 *
 * @param mean of each channel, or one for all
 * @throws DlError "dtype" for images of bytes, "value" for a std of 0.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.normalize.html
 *
 * @example
 * normalize(tensor([[[0, 1]]]), [0.5], [0.25]) // => [[[-2, 2]]]
 */
export function normalize(image: Tensor, mean: readonly number[], std: readonly number[]): Tensor {
  requireThat(
    isFloating(image.dtype),
    "normalize",
    `images of ${image.dtype} have no mean within 0 … 1: convert them with toDtype(image, "float32", { scale: true })`,
  );
  requireThat(
    std.every((s) => s !== 0),
    "normalize",
    `std ${std.join(", ")} divides by zero`,
  );
  return onBatch("normalize", image, (x) => {
    const channels = x.shape[1];
    for (const list of [mean, std])
      requireThat(
        list.length === 1 || list.length === channels,
        "normalize",
        `${list.length} numbers for ${channels} channels`,
      );
    const operand = (list: readonly number[]): Operand =>
      list.length === 1 ? list[0] : constants(list, [1, channels, 1, 1], x);
    return normalized(x, operand(mean), operand(std));
  });
}

/** What all transforms of images share: batches, parameters per image, dtypes. */
import {
  adoptArray,
  DlError,
  type DType,
  defineMap,
  expr as E,
  type Elementwise,
  type Expr,
  formatShape,
  isFloating,
  isTensor,
  numelOf,
  type Operand,
  reshape,
  type Shape,
  ShapeError,
  scope,
  type Tensor,
} from "@dl/tensor/core";

/** One value for all images of a batch, or one for each of them. */
export type PerImage<T = number> = T | readonly T[];
export type Pair = readonly [number, number];
/** Pixels of which every channel has this value, or channel by channel. `null`: zeros. */
export type Fill = number | readonly number[] | null;

/**
 * Computes on `[N, C, H, W]`, whatever stands before the last three dimensions, and puts that back. What is made on the
 * way is released.
 */
export function onBatch(name: string, image: Tensor, compute: (images: Tensor) => Tensor): Tensor {
  const { shape, rank } = image;
  if (rank < 3)
    throw new ShapeError(
      `${name}: images are [C, H, W] or [N, C, H, W], got ${formatShape(shape)}: reshape or unsqueeze(0) a plane`,
    );
  return scope(() => {
    if (rank === 4) return compute(image);
    const before = shape.slice(0, -3);
    const result = compute(reshape(image, [numelOf(before), ...shape.slice(-3)]));
    return reshape(result, [...before, ...result.shape.slice(1)]);
  });
}

/** Numbers on the device of `like`, as precise as it. */
export function constants(values: ArrayLike<number>, shape: Shape, like: Tensor): Tensor {
  const wide = like.dtype === "float64";
  const array = wide ? Float64Array.from(values) : Float32Array.from(values);
  return adoptArray(array, wide ? "float64" : "float32", shape, like.device);
}
export const whole = (values: ArrayLike<number>, shape: Shape, like: Tensor): Tensor =>
  adoptArray(Int32Array.from(values), "int32", shape, like.device);

/** A list with a value for each image, or of one value. */
export function listOf<T>(name: string, value: PerImage<T>, images: Tensor, isList: boolean): T[] {
  if (!isList) return [value as T];
  const list = value as readonly T[];
  if (list.length !== images.shape[0])
    throw new ShapeError(
      `${name}: ${list.length} values for the ${images.shape[0]} images of ${formatShape(images.shape)}: give one each, or one for all`,
    );
  return [...list];
}
export const numbersOf = (name: string, value: PerImage, images: Tensor): number[] =>
  listOf(name, value, images, typeof value !== "number");

/** A parameter as an operand beside `[N, C, H, W]`: one number if all images have the same, else `[N, 1, 1, 1]`. */
export function column(values: readonly number[], images: Tensor): Operand {
  if (values.every((v) => v === values[0])) return values[0];
  return constants(values, [values.length, 1, 1, 1], images);
}

/** White: what 1 is for images of floats. */
export function maxValue(dtype: DType): number {
  if (isFloating(dtype) || dtype === "bool") return 1;
  return dtype === "uint8" ? 255 : 2 ** 31 - 1;
}
export const isInteger = (image: Tensor): boolean => !isFloating(image.dtype);
export const asFloat = (image: Tensor): Tensor => (isInteger(image) ? image.to("float32") : image);

/** A map whose result has the dtype of its first operand. Bytes stay bytes in one kernel. */
export function pixelMap<N extends readonly Operand[]>(
  name: string,
  fn: (...operands: { [I in keyof N]: Expr }) => Expr,
): (...operands: N) => Tensor {
  const general: Elementwise<N> = defineMap<N>(name, fn);
  const bytes: Elementwise<N> = defineMap<N>(name, fn, { result: "uint8" });
  return (...operands) => {
    const { dtype } = operands[0] as Tensor;
    return dtype === "uint8" ? bytes(...operands) : general(...operands).to(dtype);
  };
}

/**
 * `t + product + rest` rounded once, as processors and PyTorch compute `t + y · factor`: the rounding error of the first
 * sum is found as by Knuth, and made good. Bytes are cut off after it: 51 must not become 50.99999.
 */
export function fused(t: Expr, product: Expr, rest: Expr): Expr {
  const sum = E.add(t, product);
  const part = E.sub(sum, t);
  const lost = E.add(E.sub(t, E.sub(sum, part)), E.sub(product, part));
  return E.add(sum, E.add(lost, rest));
}
/** Factors in two operands, sixteen bits and the rest: products of each with whole numbers up to 255 are exact. */
export function parts(factors: readonly number[], images: Tensor): [high: Operand, low: Operand] {
  const rounded = factors.map(Math.fround);
  const high = rounded.map((f) => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(f) || 1)) - 15);
    return Math.round(f / unit) * unit;
  });
  return [
    column(high, images),
    column(
      rounded.map((f, i) => f - high[i]),
      images,
    ),
  ];
}

/** A fill as an operand beside `[N, C, H, W]`. */
export function fillOperand(name: string, fill: Fill, images: Tensor): Operand {
  if (fill === null || typeof fill === "number") return fill ?? 0;
  const channels = images.shape[1];
  if (fill.length === 1) return fill[0];
  if (fill.length !== channels)
    throw new ShapeError(
      `${name}: fill has ${fill.length} numbers, the images ${formatShape(images.shape)} have ${channels} channels`,
    );
  return constants(fill, [1, channels, 1, 1], images);
}

export function requireChannels(name: string, images: Tensor): void {
  const channels = images.shape[1];
  if (channels !== 1 && channels !== 3)
    throw new ShapeError(
      `${name}: images have 1 or 3 channels, ${formatShape(images.shape)} has ${channels}: channels stand before height and width`,
    );
}
export function requireThat(ok: boolean, name: string, what: string): void {
  if (!ok) throw new DlError("value", `${name}: ${what}`);
}

/** Numbers `n`, `[n]`, `[a, b]` as two. */
export function pairOf(value: number | readonly number[]): [number, number] {
  if (typeof value === "number") return [value, value];
  return [value[0], value[value.length - 1]];
}
export { isTensor };

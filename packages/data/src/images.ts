import {
  adoptArray,
  type Backend,
  DlError,
  formatShape,
  getBackend,
  type Tensor,
} from "@dl/tensor/core";
import { Dataset, requireIndex } from "./dataset.ts";

/** One number for all channels, or one each. */
export interface Normalization {
  mean: number | readonly number[];
  std: number | readonly number[];
}
export interface ImageDatasetOptions {
  /** Subtract a mean and divide by a standard deviation, after scaling to 0 … 1. */
  normalize?: Normalization;
  /** What the labels mean. */
  classes?: readonly string[];
}

const f32 = Math.fround;

/**
 * Images of bytes with labels: sample `i` is `[image, label]`, a float32 tensor `[C, H, W]` of `pixel / 255`
 * (normalized, if asked for) and an int32 scalar. Kept as bytes, converted batch by batch.
 *
 * @example
 * const data = new ImageDataset(Uint8Array.of(0, 51, 102, 255), [3], [1, 2, 2]);
 * data.get(0) // => [[[[0, 0.2], [0.4, 1]]], 3]
 */
export class ImageDataset extends Dataset<[image: Tensor, label: Tensor]> {
  /** The pixels as they were given, `[N, C, H, W]`. */
  readonly images: Uint8Array;
  readonly labels: Int32Array;
  /** Of one image: `[channels, height, width]`. */
  readonly shape: readonly [number, number, number];
  readonly classes: readonly string[];
  readonly #tables: readonly Float32Array[];

  constructor(
    images: Uint8Array,
    labels: ArrayLike<number>,
    shape: readonly [channels: number, height: number, width: number],
    { normalize, classes }: ImageDatasetOptions = {},
  ) {
    super();
    const size = shape[0] * shape[1] * shape[2];
    if (images.length !== labels.length * size)
      throw new DlError(
        "data",
        `ImageDataset: ${labels.length} labels want ${labels.length * size} bytes of images ${formatShape(shape)}, ` +
          `got ${images.length}, which is ${Number((images.length / size).toFixed(2))} images`,
      );
    this.images = images;
    this.labels = Int32Array.from(labels);
    this.shape = shape;
    this.classes =
      classes ??
      Array.from({ length: Math.max(-1, ...new Set(this.labels)) + 1 }, (_, i) => String(i));
    this.#tables = Array.from({ length: shape[0] }, (_, c) => conversion(c, shape[0], normalize));
  }

  get length(): number {
    return this.labels.length;
  }
  get(index: number): [image: Tensor, label: Tensor] {
    const [images, labels] = this.getBatch([index]);
    return [images.reshape(this.shape), labels.reshape([])];
  }
  override getBatch(
    indices: ArrayLike<number>,
    device: Backend = getBackend(),
  ): [images: Tensor, labels: Tensor] {
    const { shape, images, labels } = this;
    const plane = shape[1] * shape[2];
    const out = new Float32Array(indices.length * shape[0] * plane);
    const classes = new Int32Array(indices.length);
    for (let i = 0, k = 0; i < indices.length; i++) {
      requireIndex(indices[i], this.length, "ImageDataset");
      classes[i] = labels[indices[i]];
      let at = indices[i] * shape[0] * plane;
      for (const table of this.#tables)
        for (const end = at + plane; at < end; at++) out[k++] = table[images[at]];
    }
    return [
      adoptArray(out, "float32", [indices.length, ...shape], device),
      adoptArray(classes, "int32", [indices.length], device),
    ];
  }
}

/**
 * What each of the 256 bytes becomes in a channel. In float32, with a rounding after each step, as PyTorch computes
 * `ToTensor` and `Normalize`: the numbers are equal to the last bit.
 */
function conversion(channel: number, channels: number, normalize?: Normalization): Float32Array {
  const of = (what: "mean" | "std"): number => {
    const values = normalize![what];
    if (typeof values === "number") return values;
    if (values.length !== channels)
      throw new DlError(
        "value",
        `normalize: the images have ${channels} channels, ${what} has ${values.length} numbers`,
      );
    return values[channel];
  };
  const table = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
  if (!normalize) return table;
  const [mean, std] = [of("mean"), of("std")];
  if (!(std > 0)) throw new DlError("value", `normalize: std is above 0, got ${std}`);
  return table.map((x) => f32(f32(x - f32(mean)) / f32(std)));
}

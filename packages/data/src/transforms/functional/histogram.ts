/** What depends on the range of an image's pixels, or on how often each byte occurs. */
import {
  amax,
  amin,
  argmax,
  cumsum,
  defineMap,
  expr as E,
  expand,
  gather,
  onesLike,
  reshape,
  scatterAdd,
  type Tensor,
  zeros,
} from "@dl/tensor/core";
import { toDtype } from "./dtype.ts";
import { maxValue, onBatch, pixelMap, requireChannels } from "./image.ts";

const stretched = pixelMap<[Tensor, Tensor, Tensor, number, number]>(
  "autocontrast",
  (x, low, high, unit, bound) => {
    const isFlat = E.eq(low, high);
    const scale = E.select(isFlat, 1, E.mul(E.sub(high, low), unit));
    const y = E.div(E.sub(x, E.select(isFlat, 0, low)), scale);
    return E.min(E.max(y, 0), bound);
  },
);
/**
 * Each channel stretched from its darkest pixel to its lightest, which become black and white.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.autocontrast.html
 *
 * @example
 * autocontrast(tensor([[[0.25, 0.5, 0.75]]])) // => [[[0, 0.5, 1]]]
 */
export const autocontrast = (image: Tensor): Tensor =>
  onBatch("autocontrast", image, (x) => {
    requireChannels("autocontrast", x);
    if (x.numel === 0) return x;
    const dims = { dim: [2, 3], keepdim: true };
    const [low, high] = [amin(x, dims), amax(x, dims)].map((t) =>
      x.dtype === "float64" ? t : t.to("float32"),
    );
    const bound = maxValue(x.dtype);
    return stretched(x, low, high, 1 / bound, bound);
  });

/** Where a byte goes: from how many pixels are below it, in steps of `step` pixels. */
const equalized = defineMap<[Tensor, Tensor, Tensor, number]>(
  "equalize",
  (x, below, last, pixels) => {
    // Quotients of whole numbers below 2²⁴ round down correctly in float32.
    const step = E.floor(E.div(E.sub(pixels, last), 255));
    const half = E.floor(E.div(step, 2));
    const y = E.floor(E.div(E.add(below, half), E.max(step, 1)));
    const level = E.select(E.eq(x, 0), 0, E.min(E.max(y, 0), 255));
    return E.select(E.eq(step, 0), x, level);
  },
  { result: "uint8" },
);
const before = defineMap<[Tensor]>("equalize", (x) => E.max(E.sub(x, 1), 0));

/**
 * Each channel's bytes redistributed so that all levels are about equally frequent, as in Pillow. Floats are made bytes
 * and back.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.equalize.html
 *
 * @example
 * equalize(tensor([[[7, 7, 9, 9]]], { dtype: "uint8" })) // => [[[7, 7, 9, 9]]]
 */
export const equalize = (image: Tensor): Tensor =>
  onBatch("equalize", image, (x) => {
    if (x.numel === 0) return x;
    const [n, c, h, w] = x.shape;
    const bytes = toDtype(x, "uint8", { scale: true });
    const index = reshape(bytes, [n * c, h * w]).to("int32");
    const empty = zeros(n * c, 256, { device: x.device });
    const counts = scatterAdd(empty, 1, index, onesLike(index, { dtype: "float32" }));
    const totals = cumsum(counts, 1);
    // The first of the highest totals is the lightest byte that occurs.
    const lightest = gather(counts, 1, argmax(totals, 1, { keepdim: true }));
    const below = gather(totals, 1, before(index));
    const last = expand(lightest, [n * c, h * w]);
    const y = equalized(index, below, last, h * w);
    return toDtype(reshape(y, x.shape), x.dtype, { scale: true });
  });

/**
 * Maxima of windows at random places (Graham 2014): steps of two lengths in random order, so that sizes shrink by a factor
 * that is no whole number.
 */
import { rand } from "../create.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import type { Generator } from "../random/generator.ts";
import { scope } from "../scope.ts";
import { numelOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { type PairArgument, pair } from "./conv.ts";
import { indexSelect } from "./indexAlong.ts";
import { cat } from "./join.ts";
import { checkRank, type PoolResult, type ReturnIndices, withoutIndices } from "./pool.ts";
import type { ValuesAndIndices } from "./reduce.ts";

export interface FractionalMaxPoolOptions {
  /** Sizes of the result. This or `outputRatio` is needed. */
  outputSize?: PairArgument | null;
  /** Sizes of the result over those of the input, between 0 and 1. */
  outputRatio?: PairArgument | null;
  /** Where windows fall: numbers on [0, 1), `[N, C, 2]` (of images: for W, then H) or `[N, C, 3]` (for D, H, W). Drawn if not given. */
  _randomSamples?: Tensor | null;
  /** Default: the one that `manualSeed` starts. */
  generator?: Generator;
}

/** The result's sizes. */
export function fractionalSize(
  name: string,
  dims: number,
  { outputSize, outputRatio }: FractionalMaxPoolOptions,
  input: readonly number[],
): readonly number[] {
  if ((outputSize ?? null) !== null) return pair(outputSize!, `${name}: outputSize`, dims);
  const ratios = typeof outputRatio === "number" ? input.map(() => outputRatio) : outputRatio;
  if (!ratios || ratios.length !== dims)
    throw new DlError(
      "value",
      `${name}: outputSize (whole numbers) or outputRatio (numbers between 0 and 1) is needed, one or ${dims}`,
    );
  return input.map((n, i) => Math.trunc(n * ratios[i]));
}

function fractionalMaxPool(
  name: string,
  dims: number,
  x: Tensor,
  kernelSize: PairArgument,
  options: FractionalMaxPoolOptions,
): ValuesAndIndices {
  checkRank(name, x, dims);
  const size = pair(kernelSize, `${name}: kernelSize`, dims);
  const input = x.shape.slice(-dims);
  const out = fractionalSize(name, dims, options, input);
  if (out.some((n, i) => n < 1 || n + size[i] - 1 > input[i]))
    throw new ShapeError(
      `${name}: ${formatShape(out)} windows of ${formatShape(size)} do not fit the input ${formatShape(x.shape)}: outputSize + kernelSize − 1 is at most its size`,
    );
  const batch = x.rank === dims + 1 ? x.unsqueeze(0) : x;
  const [n, c] = batch.shape;
  return scope(() => {
    const samples =
      options._randomSamples ??
      rand([n, c, dims], {
        dtype: x.dtype,
        device: x.device,
        ...(options.generator && { generator: options.generator }),
      });
    if (samples.rank !== 3 || samples.shape.some((k, d) => k !== [n, c, dims][d]))
      throw new ShapeError(
        `${name}: _randomSamples has to be [${n}, ${c}, ${dims}], got ${formatShape(samples.shape)}`,
      );
    // All windows side by side, dimension by dimension; nothing is recorded until the places are known.
    let taken = batch.detach();
    // Where in its plane each window starts.
    let corner: Tensor | undefined;
    for (let i = 0; i < dims; i++) {
      // PyTorch numbers the samples of an image from its last dimension, those of a volume from its first.
      const sample = samples.select(2, dims === 2 ? 1 - i : i).to(x.dtype);
      const start = starts(sample, input[i], out[i], size[i]);
      const within = Tensor.from(
        Int32Array.from({ length: size[i] }, (_, k) => k),
        [size[i]],
        x.device,
      );
      const along = start.unsqueeze(-1).add(within);
      const shape = taken.shape.map((k, d) => (d === 2 + i ? out[i] * size[i] : k));
      const line = shape.map((k, d) => (d < 2 || d === 2 + i ? k : 1));
      taken = taken.gather(2 + i, along.reshape(line).expand(shape));
      const grid = start.reshape([n, c, ...out.map((k, d) => (d === i ? k : 1))]);
      corner = corner ? corner.mul(input[i]).add(grid) : grid;
    }
    const order = [0, 1, ...out.map((_, i) => 2 + 2 * i), ...out.map((_, i) => 3 + 2 * i)];
    const best = taken
      .reshape([n, c, ...out.flatMap((k, i) => [k, size[i]])])
      .permute(order)
      .reshape([n, c, ...out, numelOf(size)])
      .argmax(-1);
    const inWindow = Tensor.from(Int32Array.from(offsets(size, input)), [numelOf(size)], x.device);
    const indices = corner!.add(indexSelect(inWindow, 0, best.flatten()).reshape(best.shape));
    const flat = indices.reshape([n, c, numelOf(out)]);
    const values = batch
      .reshape([n, c, numelOf(input)])
      .gather(2, flat)
      .reshape(best.shape);
    return x === batch
      ? { values, indices }
      : { values: values.squeeze(0), indices: indices.squeeze(0) };
  });
}

/** How far each element of a window is from its first, in the plane. */
const offsets = (size: readonly number[], input: readonly number[]): readonly number[] =>
  size.reduce<readonly number[]>(
    (all, count, i) =>
      all.flatMap((at) => Array.from({ length: count }, (_, k) => at * input[i] + k)),
    [0],
  );

/** Where windows start along one dimension, int32 [N, C, count], from samples [N, C]: ⌊(i + u)·α⌋ − ⌊u·α⌋, the last at the end. */
function starts(sample: Tensor, n: number, count: number, size: number): Tensor {
  const [batch, channels] = sample.shape;
  const last = sample.newFull([batch, channels, 1], n - size).to("int32");
  if (count === 1) return last;
  const round = sample.dtype === "float64" ? (a: number) => a : Math.fround;
  const alpha = round((n - size) / (count - 1));
  const u = sample.unsqueeze(-1);
  const steps = Tensor.from(
    Int32Array.from({ length: count - 1 }, (_, i) => i),
    [count - 1],
    sample.device,
  );
  const from = u.add(steps.to(sample.dtype)).mul(alpha).floor().sub(u.mul(alpha).floor());
  return cat([from.to("int32"), last], 2);
}

/**
 * Maxima of windows at random places, so that sizes shrink by any factor. Without `_randomSamples` they are drawn from the
 * stream that `manualSeed` starts, the same numbers as PyTorch's.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @throws ShapeError when the windows do not fit.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html
 */
export const fractionalMaxPool2d = <I extends boolean = false>(
  x: Tensor,
  kernelSize: PairArgument,
  { returnIndices, ...options }: FractionalMaxPoolOptions & ReturnIndices<I> = {},
): PoolResult<I> =>
  withoutIndices(
    fractionalMaxPool("fractionalMaxPool2d", 2, x, kernelSize, options),
    returnIndices,
  );

/**
 * {@link fractionalMaxPool2d} of volumes, `[N, C, D, H, W]` or `[C, D, H, W]`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool3d.html
 */
export const fractionalMaxPool3d = <I extends boolean = false>(
  x: Tensor,
  kernelSize: PairArgument,
  { returnIndices, ...options }: FractionalMaxPoolOptions & ReturnIndices<I> = {},
): PoolResult<I> =>
  withoutIndices(
    fractionalMaxPool("fractionalMaxPool3d", 3, x, kernelSize, options),
    returnIndices,
  );

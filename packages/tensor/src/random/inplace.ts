/**
 * Filling an existing tensor at random. Numbers are drawn on the host in row-major order, whatever the layout of the
 * tensor: those of PyTorch's CPU generator, except `exponential_` and `bernoulli_` of a number, which PyTorch leaves to a
 * library of the processor's maker.
 */
import {
  bytesPerElement,
  type DType,
  isFloating,
  type TypedArray,
  typedArrayFor,
} from "../dtype.ts";
import { DlError, formatShape } from "../errors.ts";
import { write } from "../ops/inplace.ts";
import { broadcastShapes, contiguousStrides, sameShape } from "../shape.ts";
import { state } from "../state.ts";
import { Storage } from "../storage.ts";
import { Tensor } from "../tensor.ts";
import { View } from "../view.ts";
import {
  type GeneratorOption,
  type NumberArguments,
  parameters,
  requireThat,
} from "./arguments.ts";
import { cauchy, exponential, geometric, logNormal } from "./distributions.ts";
import { defaultGenerator } from "./generator.ts";
import { bernoulli } from "./sample.ts";

/**
 * Uniform on [from, to): by default [0, 1).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html
 *
 * @example
 * manualSeed(0);
 * uniform_(zeros(3), -1, 1) // => [-0.00748682, 0.536444, -0.823045]
 */
export function uniform_<T extends Tensor>(t: T, ...args: NumberArguments<"from" | "to">): T {
  const { from, to, generator } = parameters(args, { from: 0, to: 1 });
  requireThat(from <= to, "uniform_", `there is nothing between from = ${from} and to = ${to}`);
  return drawn(t, "uniform_", (out) => generator.fillUniform(out, from, to));
}

/**
 * Normal with the given mean (0) and standard deviation (1).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html
 *
 * @example
 * manualSeed(0);
 * normal_(zeros(3), 1, 2) // => [4.08199, 0.413142, -3.35758]
 */
export function normal_<T extends Tensor>(t: T, ...args: NumberArguments<"mean" | "std">): T {
  const { mean, std, generator } = parameters(args, { mean: 0, std: 1 });
  requireThat(std >= 0, "normal_", `std is ${std}, it has to be at least 0`);
  return drawn(t, "normal_", (out) => generator.fillNormal(out, mean, std));
}

/**
 * Exponential: the density λ exp(−λ x) from 0 on. Default λ: 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
 */
export function exponential_<T extends Tensor>(t: T, ...args: NumberArguments<"lambd">): T {
  const { lambd, generator } = parameters(args, { lambd: 1 });
  requireThat(lambd > 0, "exponential_", `lambd is ${lambd}, it has to be positive`);
  return eachDrawn(t, "exponential_", exponential(generator, lambd));
}

/**
 * Cauchy: the density σ / (π ((x − median)² + σ²)). By default median 0, sigma 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html
 */
export function cauchy_<T extends Tensor>(t: T, ...args: NumberArguments<"median" | "sigma">): T {
  const { median, sigma, generator } = parameters(args, { median: 0, sigma: 1 });
  requireThat(sigma > 0, "cauchy_", `sigma is ${sigma}, it has to be positive`);
  return eachDrawn(t, "cauchy_", cauchy(generator, median, sigma));
}

/**
 * e to the power of a normal number with the given mean (1) and standard deviation (2).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html
 */
export function logNormal_<T extends Tensor>(t: T, ...args: NumberArguments<"mean" | "std">): T {
  const { mean, std, generator } = parameters(args, { mean: 1, std: 2 });
  requireThat(std > 0, "logNormal_", `std is ${std}, it has to be positive`);
  return eachDrawn(t, "logNormal_", logNormal(generator, mean, std));
}

/**
 * How many trials it takes until one succeeds, each with probability p: 1, 2, …
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html
 *
 * @example
 * manualSeed(0);
 * geometric_(zeros(5), 0.3) // => [1, 1, 3, 1, 2]
 */
export function geometric_<T extends Tensor>(
  t: T,
  p: number,
  { generator = defaultGenerator }: GeneratorOption = {},
): T {
  requireThat(p > 0 && p < 1, "geometric_", `p is ${p}, it has to be between 0 and 1`);
  return eachDrawn(t, "geometric_", geometric(generator, p), false);
}

/** Numbers that `random_` draws at most where no bound is given: whole ones that the dtype can tell apart. */
const GREATEST: Record<DType, number> = {
  bool: 1,
  uint8: 255,
  int32: 2 ** 31 - 1,
  float16: 2 ** 11,
  float32: 2 ** 24,
  float64: 2 ** 53,
};

/**
 * Whole numbers on [from, to): `random_(t, 6)`, `random_(t, 1, 7)`; without bounds up to the greatest of the dtype, for
 * floating point of those without gaps.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.random_.html
 */
export function random_<T extends Tensor>(t: T, ...args: NumberArguments<"from" | "to">): T {
  const numbers = args.filter((x) => typeof x === "number");
  // A single number is the upper bound.
  const named = numbers.length === 1 ? [0, ...args] : args;
  const { from, to, generator } = parameters(named, { from: 0, to: Number.NaN });
  const isBounded = !Number.isNaN(to);
  if (isBounded) requireThat(from < to, "random_", `there is no whole number on [${from}, ${to})`);
  const range = BigInt(GREATEST[t.dtype]) + 1n;
  return eachDrawn(
    t,
    "random_",
    isBounded
      ? () => {
          const one = new Float64Array(1);
          generator.fillInt(one, from, to);
          return one[0];
        }
      : t.dtype === "float64"
        ? () => Number(generator.uint64() % range)
        : () => generator.uint32() % Number(range),
    false,
  );
}

/**
 * 1 with probability p, else 0. By default p is ½; a tensor of probabilities has the shape of `t`, or one that is
 * broadcast to it.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html
 *
 * @example
 * bernoulli_(zeros(2, 2), 1) // => [[1, 1], [1, 1]]
 */
export function bernoulli_<T extends Tensor>(
  t: T,
  ...args: readonly (number | Tensor | (GeneratorOption & { p?: number | Tensor }))[]
): T {
  const [first, last] = [args[0], args.at(-1)];
  const isBare = typeof first === "number" || isTensor(first);
  const options = typeof last === "object" && !isTensor(last) ? last : {};
  const p = isBare ? (first as number | Tensor) : (options.p ?? 0.5);
  const generator = options.generator ?? defaultGenerator;
  if (typeof p === "number") {
    requireThat(p >= 0 && p <= 1, "bernoulli_", `p is ${p}, it has to be within 0 … 1`);
    return eachDrawn(t, "bernoulli_", () => (generator.uniform64() < p ? 1 : 0), false);
  }
  if (!sameShape(broadcastShapes([p.shape, t.shape], "bernoulli_"), t.shape))
    throw new DlError(
      "shape",
      `bernoulli_: probabilities ${formatShape(p.shape)} do not fit the tensor ${formatShape(t.shape)}`,
    );
  return t.copy_(bernoulli(p.detach().expand(t.shape), { generator }));
}
const isTensor = (x: unknown): x is Tensor => typeof x === "object" && x !== null && "memory" in x;

/** Draws in float64 for float64 tensors and in float32 for others. */
function drawn<T extends Tensor>(
  t: T,
  name: string,
  draw: (out: Float32Array | Float64Array) => void,
): T {
  requireFloating(t, name);
  const out = t.dtype === "float64" ? new Float64Array(t.numel) : new Float32Array(t.numel);
  draw(out);
  return overwrite(t, name, out);
}
function eachDrawn<T extends Tensor>(t: T, name: string, draw: () => number, isReal = true): T {
  if (isReal) requireFloating(t, name);
  const out = new (typedArrayFor(t.dtype))(t.numel);
  for (let i = 0; i < out.length; i++) out[i] = draw();
  return overwrite(t, name, out);
}
function requireFloating(t: Tensor, name: string): void {
  if (!isFloating(t.dtype))
    throw new DlError(
      "dtype",
      `${name}: random numbers need a floating point tensor, this one is ${t.dtype}: use random_`,
    );
}

/** Writes numbers from the host, whatever the tensor was made from. */
export function overwrite<T extends Tensor>(t: T, name: string, values: TypedArray): T {
  if (t.numel === 0) return t;
  const { memory: view, dtype, shape } = t;
  const data = new (typedArrayFor(dtype))(values);
  const hasHistory = (state.autograd?.isGradEnabled() && t.requiresGrad) || t.viewOf !== null;
  if (hasHistory || !view.contiguous) {
    const storage = new Storage(t.device, data.byteLength, data);
    const strides = contiguousStrides(shape);
    return write(t, name, new Tensor(new View(storage, dtype, shape, strides, 0, true)));
  }
  view.storage.willWrite();
  t.device.write(view.buffer, data, view.offset * bytesPerElement(dtype));
  t.nodeVersion = view.storage.version;
  return t;
}

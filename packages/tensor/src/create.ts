/** Making tensors: from data, from a rule, at random. */
import type { Backend } from "./backend.ts";
import { assign, runMap } from "./define.ts";
import { type DType, dtypeOfArray, isFloating, type TypedArray, typedArrayFor } from "./dtype.ts";
import { DlError, formatShape, ShapeError } from "./errors.ts";
import * as E from "./expr.ts";
import { filledView } from "./ops/fill.ts";
import { program } from "./program.ts";
import { defaultGenerator, type Generator } from "./random/generator.ts";
import { scope } from "./scope.ts";
import {
  broadcastShapes,
  contiguousStrides,
  numelOf,
  requireCount,
  requireSizes,
  requireWhole,
  type Shape,
  shapeArgument,
} from "./shape.ts";
import { state } from "./state.ts";
import { Storage } from "./storage.ts";
import { isTensor, Tensor } from "./tensor.ts";
import { allocate, View } from "./view.ts";

export interface TensorOptions {
  dtype?: DType;
  /** The backend that holds it. Default: what `setBackend` was given. */
  device?: Backend;
  requiresGrad?: boolean;
}
export interface RandomOptions extends TensorOptions {
  generator?: Generator;
}
export type NestedArray = number | boolean | readonly NestedArray[];
export type TensorData = NestedArray | TypedArray | Uint8ClampedArray;
/** `zeros(2, 3)`, `zeros([2, 3])`, `zeros([2, 3], { dtype: "int32" })`. */
export type ShapeAndOptions<O = TensorOptions> = [...(number | Shape | O)[]];

/** The backend that new tensors use. */
export function setBackend(backend: Backend): void {
  state.backend = backend;
}
export function getBackend(): Backend {
  if (!state.backend) {
    throw new DlError(
      "no-backend",
      'no backend is set: import { cpu } from "@dl/backend-cpu" and call setBackend(cpu()) once, before the first tensor is made',
    );
  }
  return state.backend;
}

function finish(t: Tensor, options: TensorOptions): Tensor {
  if (options.requiresGrad) t.requiresGrad = true;
  return t;
}

/** Takes the array over: nobody may write to it afterwards. */
export function adoptArray(
  data: ArrayBufferView & { readonly length: number },
  dtype: DType,
  shape: Shape,
  device: Backend = getBackend(),
): Tensor {
  if (!device.dtypes.has(dtype))
    throw new DlError(
      "dtype",
      `tensor: ${device.name} has no ${dtype}; it has ${[...device.dtypes].join(", ")}`,
    );
  return new Tensor(
    new View(
      new Storage(device, data.byteLength, data),
      dtype,
      shape,
      contiguousStrides(shape),
      0,
      true,
    ),
  );
}

/**
 * A tensor from nested arrays, a number, or a typed array (copied). Numbers become float32 and booleans bool unless a
 * dtype is given; a typed array keeps its own.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).sum(0) // => [4, 6]
 */
export function tensor(data: TensorData, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  if (ArrayBuffer.isView(data)) {
    const own = dtypeOfArray(data);
    if (!own)
      throw new DlError(
        "dtype",
        `tensor: ${data.constructor.name} has no dtype here: use Float32Array, Float64Array, Int32Array or Uint8Array`,
      );
    const dtype = options.dtype ?? own;
    const shape = options.shape ?? [data.length];
    requireFilled(data.length, shape);
    return finish(
      adoptArray(
        dtype === "bool"
          ? Uint8Array.from(data, (x) => (x === 0 ? 0 : 1))
          : new (typedArrayFor(dtype))(data),
        dtype,
        shape,
        options.device,
      ),
      options,
    );
  }
  const shape = shapeOf(data);
  const flat: (number | boolean)[] = [];
  flattenInto(data, shape, 0, flat, []);
  const dtype =
    options.dtype ??
    (flat.length > 0 && flat.every((x) => typeof x === "boolean") ? "bool" : "float32");
  const array = new (typedArrayFor(dtype))(flat.length);
  for (let i = 0; i < flat.length; i++)
    array[i] = dtype === "bool" ? (flat[i] ? 1 : 0) : Number(flat[i]);
  if (options.shape) requireFilled(flat.length, options.shape);
  return finish(adoptArray(array, dtype, options.shape ?? shape, options.device), options);
}

function requireFilled(count: number, shape: Shape): void {
  requireSizes("tensor", shape);
  if (count !== numelOf(shape))
    throw new ShapeError(
      `tensor: ${count} numbers do not fill ${formatShape(shape)}, which has ${numelOf(shape)}`,
    );
}
function shapeOf(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let x: NestedArray = data; Array.isArray(x); x = x[0]) {
    shape.push(x.length);
    if (x.length === 0) break;
  }
  return shape;
}
function flattenInto(
  x: NestedArray,
  shape: Shape,
  depth: number,
  out: (number | boolean)[],
  at: readonly number[],
): void {
  if (depth === shape.length) {
    if (typeof x !== "number" && typeof x !== "boolean") {
      throw new ShapeError(
        `tensor: at [${at.join("][")}] a number is expected, got ${Array.isArray(x) ? "an array: the nesting is deeper there than in the first element" : typeof x}`,
      );
    }
    out.push(x);
    return;
  }
  if (!Array.isArray(x))
    throw new ShapeError(
      `tensor: at [${at.join("][")}] an array of ${shape[depth]} is expected, got ${x === null ? "null" : typeof x}`,
    );
  if (x.length !== shape[depth]) {
    throw new ShapeError(
      `tensor: at [${at.join("][")}] an array of ${shape[depth]} is expected, as in the first element, got ${x.length}`,
    );
  }
  for (let i = 0; i < x.length; i++) flattenInto(x[i], shape, depth + 1, out, [...at, i]);
}

/** Splits `zeros(2, 3, { dtype })` into shape and options. */
function shapeAndOptions<O extends TensorOptions>(
  args: ShapeAndOptions<O>,
  name: string,
): [Shape, O] {
  const last = args.at(-1);
  const hasOptions = last !== null && typeof last === "object" && !Array.isArray(last);
  const shape = shapeArgument((hasOptions ? args.slice(0, -1) : args) as (number | Shape)[]);
  requireSizes(name, shape);
  return [shape, (hasOptions ? last : {}) as O];
}

const filled = (
  shape: Shape,
  value: number,
  { dtype = "float32", device = getBackend(), ...rest }: TensorOptions,
): Tensor => finish(new Tensor(filledView(device, dtype, shape, value)), rest);

export function zeros(...args: ShapeAndOptions): Tensor {
  const [shape, options] = shapeAndOptions(args, "zeros");
  return filled(shape, 0, options);
}
export function ones(...args: ShapeAndOptions): Tensor {
  const [shape, options] = shapeAndOptions(args, "ones");
  return filled(shape, 1, options);
}
export const full = (shape: Shape, value: number | boolean, options: TensorOptions = {}): Tensor =>
  filled(shape, Number(value), {
    dtype: typeof value === "boolean" ? "bool" : "float32",
    ...options,
  });
/** Arbitrary contents. */
export function empty(...args: ShapeAndOptions): Tensor {
  const [shape, { dtype = "float32", device = getBackend(), ...rest }] = shapeAndOptions(
    args,
    "empty",
  );
  return finish(new Tensor(allocate(device, dtype, shape)), rest);
}
/**
 * Ones on the diagonal, zeros elsewhere: `[n, m]`, or `[n, n]` without m.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.eye.html
 *
 * @example
 * eye(2, { dtype: "int32" }) // => [[1, 0], [0, 1]]
 */
export function eye(n: number, options?: TensorOptions): Tensor;
export function eye(n: number, m?: number, options?: TensorOptions): Tensor;
export function eye(
  n: number,
  mOrOptions: number | TensorOptions = n,
  options: TensorOptions = {},
): Tensor {
  const [m, given] =
    typeof mOrOptions === "number" ? [mOrOptions, options] : [n, { ...mOrOptions, ...options }];
  const { dtype = "float32", device = getBackend(), ...rest } = given;
  requireSizes("eye", [n, m]);
  const out = allocate(device, dtype, [n, m]);
  assign([out], program([E.cast(E.eq(E.index(0), E.index(1)))], 0), []);
  return finish(new Tensor(out), rest);
}

/** start, start + step, … before end; `arange(end)` starts at 0. int32 when all three are whole numbers, unless a dtype is given. */
export function arange(
  ...args:
    | [end: number, options?: TensorOptions]
    | [start: number, end: number, step?: number, options?: TensorOptions]
    | [start: number, end: number, options?: TensorOptions]
): Tensor {
  const numbers = args.filter((x) => typeof x === "number") as number[];
  const options = (args.find((x) => typeof x === "object") as TensorOptions | undefined) ?? {};
  const [start, end, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  if (step === 0 || !Number.isFinite((end - start) / step))
    throw new DlError("value", `arange: from ${start} to ${end} in steps of ${step} never ends`);
  if ((end - start) / step < 0)
    throw new DlError("value", `arange: steps of ${step} lead from ${start} away from ${end}`);
  const dtype = options.dtype ?? (numbers.every(Number.isInteger) ? "int32" : "float32");
  const array = new (typedArrayFor(dtype))(Math.max(0, Math.ceil((end - start) / step)));
  for (let i = 0; i < array.length; i++) array[i] = start + i * step;
  return finish(adoptArray(array, dtype, [array.length], options.device), options);
}

/** `steps` numbers from start to end, both included, at equal distances; computed from both ends, as PyTorch does. */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  requireCount("linspace", "steps", steps);
  const dtype = options.dtype ?? "float32";
  const array = new (typedArrayFor(dtype))(steps);
  const round = dtype === "float64" ? (x: number) => x : Math.fround;
  const step = steps > 1 ? round(round(round(end) - round(start)) / (steps - 1)) : 0;
  for (let i = 0; i < steps; i++)
    array[i] =
      i < Math.floor(steps / 2)
        ? round(start) + step * i
        : steps === 1
          ? start
          : round(end) - step * (steps - 1 - i);
  return finish(adoptArray(array, dtype, [steps], options.device), options);
}

/**
 * `steps` powers of `base`, whose exponents go from start to end at equal distances.
 *
 * @param options.base default 10.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.logspace.html
 *
 * @example
 * logspace(-1, 1, 3) // => [0.1, 1, 10]
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  { base = 10, ...options }: TensorOptions & { base?: number } = {},
): Tensor {
  requireCount("logspace", "steps", steps);
  const dtype = options.dtype ?? "float32";
  const array = new (typedArrayFor(dtype))(steps);
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  for (let i = 0; i < steps; i++)
    array[i] = base ** (i < steps / 2 ? start + step * i : end - step * (steps - 1 - i));
  if (steps === 1) array[0] = base ** start;
  return finish(adoptArray(array, dtype, [steps], options.device), options);
}

/**
 * The data as a tensor: a tensor itself, if it has the dtype and the backend already, converted otherwise, with its
 * history. Arrays are copied, as `tensor` does.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.as_tensor.html
 *
 * @example
 * const x = tensor([1, 2]);
 * asTensor(x) === x // => true
 */
export function asTensor(
  data: Tensor | TensorData,
  options: Pick<TensorOptions, "dtype" | "device"> = {},
): Tensor {
  return isTensor(data) ? data.to(options) : tensor(data, options);
}
/**
 * The same, with or without a copy of a tensor.
 *
 * @param options.copy true always copies, false never; by default (null) only what has to be converted.
 * @param options.requiresGrad default false, which leaves out the history of a tensor.
 * @throws DlError when `copy` is false and a copy is needed.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.asarray.html
 *
 * @example
 * asarray([1, 2], { dtype: "int32" }) // => [1, 2]
 */
export function asarray(
  data: Tensor | TensorData,
  { copy = null, requiresGrad = false, ...options }: TensorOptions & { copy?: boolean | null } = {},
): Tensor {
  if (!isTensor(data)) {
    if (copy === false)
      throw new DlError("value", "asarray: an array is always copied: leave out copy: false");
    return tensor(data, { ...options, requiresGrad });
  }
  const converted = data.to(options);
  if (converted !== data && copy === false)
    throw new DlError(
      "value",
      "asarray: another dtype or backend needs a copy: leave out copy: false",
    );
  // PyTorch hands on the tensor itself if it is asked for with the gradient that it has.
  const result = copy === true && converted === data ? data.clone() : converted;
  if (result.requiresGrad === requiresGrad) return result;
  return finish(result.detach(), { requiresGrad });
}
/**
 * A tensor without dimensions.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.scalar_tensor.html
 *
 * @example
 * scalarTensor(3, { dtype: "int32" }) // => 3
 */
export const scalarTensor = (value: number | boolean, options: TensorOptions = {}): Tensor =>
  tensor(Number(value), options);
/**
 * A tensor like x with one value everywhere, which may be a tensor without dimensions: its gradient is then the sum.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.fill.html
 *
 * @example
 * fill(tensor([1, 2]), 7) // => [7, 7]
 */
export function fill(x: Tensor, value: number | Tensor): Tensor {
  if (!isTensor(value)) return x.newFull(x.shape, value);
  if (value.rank > 0)
    throw new ShapeError(
      `fill: the value has to be a number or a tensor without dimensions, it has shape ${formatShape(value.shape)}`,
    );
  return scope(() => value.to(x.dtype).to(x.device).expand(x.shape).clone());
}

// ---- random: PyTorch's streams, drawn on the host --------------------------------------------------------------------

function drawn(
  shape: Shape,
  options: RandomOptions,
  draw: (generator: Generator, out: Float32Array | Float64Array) => void,
): Tensor {
  requireSizes("random numbers", shape);
  const dtype = options.dtype ?? "float32";
  if (!isFloating(dtype))
    throw new DlError("dtype", `random numbers of dtype ${dtype}: use randint`);
  const out =
    dtype === "float64" ? new Float64Array(numelOf(shape)) : new Float32Array(numelOf(shape));
  draw(options.generator ?? defaultGenerator, out);
  const array = dtype === "float16" ? new (typedArrayFor(dtype))(out) : out;
  return finish(adoptArray(array, dtype, shape, options.device), options);
}
/** Uniform on [0, 1). */
export function rand(...args: ShapeAndOptions<RandomOptions>): Tensor {
  const [shape, options] = shapeAndOptions(args, "rand");
  return drawn(shape, options, (generator, out) => generator.fillUniform(out));
}
/** Standard normal. */
export function randn(...args: ShapeAndOptions<RandomOptions>): Tensor {
  const [shape, options] = shapeAndOptions(args, "randn");
  return drawn(shape, options, (generator, out) => generator.fillNormal(out));
}
/**
 * Normal with the given mean and standard deviation: `normal(0, 1, [2, 3])`, or with tensors, for each of their elements.
 *
 *     normal(mean [...], std [...]) → [...], broadcast; the dtype is that of mean, if it is a tensor
 *
 * No gradient goes back to mean and std.
 *
 * @param std default 1; beside a tensor of means it may be an option too.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.normal.html
 *
 * @example
 * manualSeed(0);
 * normal(tensor([0, 100]), tensor([1, 10])) // => [1.54099, 97.0657]
 */
export function normal(
  mean: number | Tensor,
  ...args: readonly (number | Tensor | Shape | (RandomOptions & { std?: number | Tensor }))[]
): Tensor {
  const last = args.at(-1);
  const options = (
    typeof last === "object" && !Array.isArray(last) && !isTensor(last) ? last : {}
  ) as RandomOptions & { std?: number | Tensor };
  const std = typeof args[0] === "number" || isTensor(args[0]) ? args[0] : (options.std ?? 1);
  if (typeof std === "number" && !(std >= 0))
    throw new DlError("value", `normal: std is ${std}, it has to be at least 0`);
  const given = [mean, std].find(isTensor);
  if (!given) {
    const shape = args.find((x): x is Shape => Array.isArray(x));
    if (!shape)
      throw new DlError("value", "normal: two numbers want a shape: normal(mean, std, [2, 3])");
    return drawn(shape, options, (generator, out) =>
      generator.fillNormal(out, mean as number, std as number),
    );
  }
  const shapes = [mean, std].filter(isTensor).map((t) => t.shape);
  const { dtype, device } = given;
  const spread = typeof std === "number" ? std : 1;
  return scope(() => {
    const noise = drawn(
      broadcastShapes(shapes, "normal"),
      { dtype, device, ...options, requiresGrad: false },
      (generator, out) => generator.fillNormal(out, 0, spread),
    );
    const scaled = isTensor(std) ? noise.mul(std.detach()) : noise;
    const shifted = scaled.add(isTensor(mean) ? mean.detach() : mean).to(noise.dtype);
    return finish(shifted, options);
  });
}
/** Uniform on [from, to). */
export const uniform = (
  from: number,
  to: number,
  shape: Shape,
  options: RandomOptions = {},
): Tensor => drawn(shape, options, (generator, out) => generator.fillUniform(out, from, to));

/** Whole numbers on [low, high), int32: `randint(high, shape)` or `randint(low, high, shape)`. */
export function randint(
  ...args:
    | [high: number, shape: Shape, options?: RandomOptions]
    | [low: number, high: number, shape: Shape, options?: RandomOptions]
): Tensor {
  const [low, high, shape, options = {}] = (typeof args[1] === "number" ? args : [0, ...args]) as [
    number,
    number,
    Shape,
    RandomOptions?,
  ];
  requireWhole("randint", "low", low);
  requireWhole("randint", "high", high);
  requireSizes("randint", shape);
  if (!(high > low))
    throw new DlError("value", `randint: there is no whole number on [${low}, ${high})`);
  const dtype = options.dtype ?? "int32";
  const out = new (typedArrayFor(dtype))(numelOf(shape));
  (options.generator ?? defaultGenerator).fillInt(out as Int32Array, low, high);
  return finish(adoptArray(out, dtype, shape, options.device), options);
}
/** 0 … n−1 in random order, int32. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  requireCount("randperm", "n", n);
  const order = (options.generator ?? defaultGenerator).permutation(n);
  const dtype = options.dtype ?? "int32";
  const array = dtype === "int32" ? order : new (typedArrayFor(dtype))(order);
  return finish(adoptArray(array, dtype, [n], options.device), options);
}

const BELOW = program([E.lt(E.input(0), E.scalar(0))], 1, 1);
/** On the device, from the counter-based stream: true with probability p. For dropout. */
export function randomMask(
  shape: Shape,
  p: number,
  {
    device = getBackend(),
    generator = defaultGenerator,
  }: { device?: Backend; generator?: Generator } = {},
): Tensor {
  requireSizes("randomMask", shape);
  const out = allocate(device, "float32", shape);
  if (out.numel > 0) device.random(out, generator.nextKey());
  const numbers = new Tensor(out);
  const mask = new Tensor(runMap("randomMask", BELOW, [numbers], "bool", [p]));
  numbers.dispose();
  return mask;
}

// ---- like another --------------------------------------------------------------------------------------------------

const like = (
  t: Tensor,
  options: TensorOptions,
): Required<Pick<TensorOptions, "dtype" | "device">> & TensorOptions => ({
  dtype: t.dtype,
  device: t.device,
  ...options,
});
export const zerosLike = (t: Tensor, options: TensorOptions = {}): Tensor =>
  filled(t.shape, 0, like(t, options));
export const onesLike = (t: Tensor, options: TensorOptions = {}): Tensor =>
  filled(t.shape, 1, like(t, options));
export const fullLike = (t: Tensor, value: number, options: TensorOptions = {}): Tensor =>
  filled(t.shape, value, like(t, options));
export const emptyLike = (t: Tensor, options: TensorOptions = {}): Tensor =>
  empty(t.shape, like(t, options));
export const randLike = (t: Tensor, options: RandomOptions = {}): Tensor =>
  rand(t.shape, like(t, options));
export const randnLike = (t: Tensor, options: RandomOptions = {}): Tensor =>
  randn(t.shape, like(t, options));
/** `randintLike(t, high)` or `randintLike(t, low, high)`: of the dtype of `t`. */
export function randintLike(
  t: Tensor,
  ...args:
    | [high: number, options?: RandomOptions]
    | [low: number, high: number, options?: RandomOptions]
): Tensor {
  const [low, high, options = {}] = (typeof args[1] === "number" ? args : [0, ...args]) as [
    number,
    number,
    RandomOptions?,
  ];
  return randint(low, high, t.shape, like(t, options));
}

/** Drawing from given probabilities. The random numbers come from the host, the tensors stay where they are. */
import { adoptArray } from "../create.ts";
import { isFloating, typedArrayFor } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { cumsum } from "../ops/scan.ts";
import { topk } from "../ops/sort.ts";
import { scope } from "../scope.ts";
import { broadcastShapes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type GeneratorOption, requireThat } from "./arguments.ts";
import * as draws from "./distributions.ts";
import { defaultGenerator, type Generator } from "./generator.ts";
import { bernoulli_, exponential_ } from "./inplace.ts";

/**
 * 1 where a uniform number is below the input's, which is a probability; else 0. With `p`, that instead of the input's.
 *
 * @throws DlError "dtype" for an input without fractions, "value" for p outside 0 … 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html
 *
 * @example
 * manualSeed(0);
 * bernoulli(tensor([0.6, 0.5, 0.9, 0.01])) // => [1, 0, 1, 0]
 */
export function bernoulli(
  input: Tensor,
  pOrOptions: number | (GeneratorOption & { p?: number }) = {},
  more: GeneratorOption = {},
): Tensor {
  const options = typeof pOrOptions === "number" ? { p: pOrOptions, ...more } : pOrOptions;
  const { p, generator } = options;
  if (p !== undefined) return bernoulli_(input.newZeros(input.shape), { p, generator });
  if (!isFloating(input.dtype))
    throw new DlError("dtype", `bernoulli: probabilities of dtype ${input.dtype}: use float32`);
  return scope(() => {
    // PyTorch compares in double precision only with doubles.
    const wide = input.dtype === "float64";
    const { shape, device } = input;
    const values = wide ? new Float64Array(input.numel) : new Float32Array(input.numel);
    (generator ?? defaultGenerator).fillUniform(values);
    const uniform = adoptArray(values, wide ? "float64" : "float32", shape, device);
    const probabilities = input.detach();
    checkAll(
      probabilities,
      (x) => x >= 0 && x <= 1,
      "bernoulli",
      "probabilities within 0 … 1 are wanted",
    );
    return uniform.lt(probabilities).to(input.dtype);
  });
}

export interface MultinomialOptions extends GeneratorOption {
  /** Whether an index may be drawn more than once. Default false. */
  replacement?: boolean;
}

/**
 * Indices of categories, drawn with probabilities proportional to the weights of each row.
 *
 *     input [N, C] or [C] → [N, numSamples] or [numSamples], int32
 *
 * @param input weights from 0 on, not all 0; they need not add up to 1.
 * @throws DlError "value" when more different categories are wanted than there are, or weights are negative.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html
 *
 * @example
 * multinomial(tensor([0, 3, 0]), 1) // => [1]
 */
export function multinomial(
  input: Tensor,
  numSamples: number,
  { replacement = false, generator = defaultGenerator }: MultinomialOptions = {},
): Tensor {
  const { rank, shape } = input;
  if (rank < 1 || rank > 2)
    throw new ShapeError(
      `multinomial: weights [N, C] or [C] are wanted, got ${formatShape(shape)}`,
    );
  if (!isFloating(input.dtype))
    throw new DlError("dtype", `multinomial: weights of dtype ${input.dtype}: use float32`);
  const categories = shape[rank - 1];
  requireThat(
    Number.isInteger(numSamples) && numSamples > 0,
    "multinomial",
    `numSamples is ${numSamples}, it has to be a positive whole number`,
  );
  requireThat(
    replacement || numSamples <= categories,
    "multinomial",
    `${numSamples} different ones of ${categories} categories: use { replacement: true }, or fewer`,
  );
  return scope(() => {
    const weights = input.detach();
    checkWeights(weights, categories);
    return replacement && numSamples > 1
      ? withReplacement(weights, numSamples, generator)
      : withoutReplacement(weights, numSamples, generator);
  });
}

/** Waiting times with the weights as rates: the categories that come first. */
function withoutReplacement(weights: Tensor, count: number, generator: Generator): Tensor {
  const times = exponential_(weights.newZeros(weights.shape), { generator });
  const urgency = weights.div(times);
  return count === 1
    ? urgency.argmax(-1, { keepdim: true })
    : topk(urgency, count, { dim: -1 }).indices;
}

/** How many of the running totals a uniform number exceeds. */
function withReplacement(weights: Tensor, count: number, generator: Generator): Tensor {
  const { shape, rank, device } = weights;
  const totals = cumsum(weights, -1);
  const last = shape[rank - 1];
  const bounds = totals.div(totals.narrow(-1, last - 1, 1)).narrow(-1, 0, last - 1);
  const drawn = [...shape.slice(0, -1), count];
  const wide = device.dtypes.has("float64");
  const values = new Float64Array(drawn.reduce((a, b) => a * b, 1));
  generator.fillUniform(values);
  const uniform = adoptArray(
    wide ? values : Float32Array.from(values),
    wide ? "float64" : "float32",
    drawn,
    device,
  );
  return bounds.unsqueeze(-2).lt(uniform.unsqueeze(-1)).to("int32").sum(-1);
}

/**
 * Numbers of events, when those of the input are expected. They are drawn on the host: the input is read.
 *
 * @throws DlError "value" for a negative rate, "no-sync" on a backend that cannot be read at once.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.poisson.html
 *
 * @example
 * manualSeed(0);
 * poisson(tensor([3, 12, 100])) // => [6, 10, 94]
 */
export function poisson(
  input: Tensor,
  { generator = defaultGenerator }: GeneratorOption = {},
): Tensor {
  if (!isFloating(input.dtype))
    throw new DlError("dtype", `poisson: rates of dtype ${input.dtype}: use float32`);
  const rates = input.dataSync();
  const out = new (typedArrayFor(input.dtype))(rates.length);
  rates.forEach((rate, i) => {
    requireThat(rate >= 0, "poisson", `rate ${rate} at ${i} has to be at least 0`);
    out[i] = draws.poisson(generator, rate);
  });
  return adoptArray(out, input.dtype, input.shape, input.device);
}

/**
 * How many of `count` trials succeed, each with a probability. They are drawn on the host: both are read.
 *
 * @param count as floating point numbers; broadcast with `prob`, of the same dtype.
 * @throws DlError "dtype" for integers or for two dtypes, "value" for a negative count or a probability outside 0 … 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.binomial.html
 *
 * @example
 * manualSeed(0);
 * binomial(tensor([10, 100, 1000]), tensor(0.3)) // => [6, 28, 291]
 */
export function binomial(
  count: Tensor,
  prob: Tensor,
  { generator = defaultGenerator }: GeneratorOption = {},
): Tensor {
  const { dtype, device } = count;
  if (!isFloating(dtype) || prob.dtype !== dtype)
    throw new DlError(
      "dtype",
      `binomial: counts and probabilities of one floating point dtype are wanted, got ${dtype} and ${prob.dtype}`,
    );
  const shape = broadcastShapes([count.shape, prob.shape], "binomial");
  const round = dtype === "float64" ? (x: number) => x : Math.fround;
  return scope(() => {
    const counts = count.detach().expand(shape).dataSync();
    const probabilities = prob.detach().expand(shape).dataSync();
    const out = new (typedArrayFor(dtype))(counts.length);
    counts.forEach((n: number, i: number) => {
      const p = probabilities[i];
      requireThat(n >= 0, "binomial", `count ${n} at ${i} has to be at least 0`);
      requireThat(p >= 0 && p <= 1, "binomial", `probability ${p} at ${i} has to be within 0 … 1`);
      out[i] = draws.binomial(generator, n, p, round);
    });
    return adoptArray(out, dtype, shape, device);
  });
}

/** Where the numbers can be seen without waiting. */
function seen(t: Tensor): ArrayLike<number> | undefined {
  return t.memory.storage.host || t.device.readSync ? t.dataSync() : undefined;
}
function checkAll(t: Tensor, ok: (x: number) => boolean, name: string, what: string): void {
  const values = seen(t);
  for (let i = 0; values && i < values.length; i++)
    requireThat(ok(values[i]), name, `${what}, got ${values[i]} at ${i}`);
}
function checkWeights(weights: Tensor, categories: number): void {
  const values = seen(weights);
  if (!values) return;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % categories === 0) sum = 0;
    const x = values[i];
    requireThat(
      x >= 0 && x < Number.POSITIVE_INFINITY,
      "multinomial",
      `weights are finite and at least 0, got ${x} at ${i}`,
    );
    sum += x;
    if (i % categories === categories - 1)
      requireThat(
        sum > 0,
        "multinomial",
        `all weights of row ${Math.floor(i / categories)} are 0: nothing can be drawn`,
      );
  }
}

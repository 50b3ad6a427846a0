/**
 * Random cases on every configuration of the fast backend, against the reference path: shapes at and beside the edges of
 * tiles, any layout, and gradients. Results have to have equal bits on a second run, and for any number of threads.
 *
 * A failure names the case and its seed; `DL_FUZZ_SEED=<seed>` runs that one alone.
 */
import "@dl/autograd";
import { crossEntropy } from "@dl/losses";
import * as T from "@dl/tensor";
import { type Backend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { cpu } from "./index.ts";
import { type Generator, generator } from "./testing.ts";

const reference = cpu({ wasm: false });
const oneThread = cpu({ threads: 1 });
/** Every case, and then a part of them; two threads have to give the same bits as one. */
const CONFIGURATIONS: readonly { name: string; backend: Backend; every: number; like?: Backend }[] =
  [
    { name: "one thread", backend: oneThread, every: 1 },
    { name: "two threads", backend: cpu({ threads: 2 }), every: 1, like: oneThread },
    { name: "without fused multiply-add", backend: cpu({ threads: 1, fma: false }), every: 3 },
    { name: "revectorized", backend: cpu({ threads: 2, revectorize: "auto" }), every: 3 },
  ];

/** A case: operands as drawn, and what is computed from them. */
interface Case {
  readonly name: string;
  readonly operands: readonly Operand[];
  /** Results that are compared; the gradients of all floating operands follow by themselves. */
  readonly compute: (...x: Tensor[]) => Tensor;
  /** Terms in the longest sum: what rounding may add up to. */
  readonly terms: number;
}
interface Operand {
  readonly values: Float32Array | Int32Array;
  readonly shape: readonly number[];
  /** How the operand is laid out: brought into this order of dimensions, and seen back in its own. */
  readonly order: readonly number[];
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function operand(g: Generator, shape: readonly number[], layouts = 0.3): Operand {
  const order = shape.map((_, d) => d);
  if (g.next() < layouts) order.sort(() => g.next() - 0.5);
  return {
    values: Float32Array.from({ length: product(shape) }, () => g.next() * 2 - 1),
    shape,
    order,
  };
}
const labels = (g: Generator, n: number, classes: number): Operand => ({
  values: Int32Array.from({ length: n }, () => g.integer(0, classes - 1)),
  shape: [n],
  order: [0],
});

function onBackend({ values, shape, order }: Operand, backend: Backend): Tensor {
  const t = tensor(values, { device: backend }).reshape(shape);
  const back = order.map((_, d) => order.indexOf(d));
  return t.permute(order).contiguous().permute(back);
}

/** The result, then the gradients, as plain numbers. */
function run(c: Case, backend: Backend): Float32Array[] {
  return T.scope(() => {
    const x = c.operands.map((o) => {
      const t = onBackend(o, backend);
      return t.dtype === "float32" ? t.requiresGrad_() : t;
    });
    const y = c.compute(...x);
    // A gradient that differs from position to position, and is not laid out by the result's order.
    const n = y.numel;
    const weights = Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 13) / 13 - 0.4);
    y.mul(tensor(weights, { device: backend }).reshape(y.shape))
      .sum()
      .backward();
    const floats = x.filter((t) => t.dtype === "float32");
    return [y, ...floats.map((t) => t.grad!)].map(
      (t) => t.detach().contiguous().dataSync().slice() as Float32Array,
    );
  });
}

const around = (g: Generator, ...centres: number[]): number =>
  Math.max(1, g.pick(centres) + g.integer(-1, 1));

function matmulCase(g: Generator): Case {
  const large = g.next() < 0.05;
  const size = () =>
    g.next() < 0.6 ? around(g, 1, 4, 6, 8, 12, 16, 24, 48, 64) : g.integer(1, large ? 300 : 70);
  const [m, n] = [size(), size()];
  const k = g.next() < 0.15 ? around(g, 192, 384) : size();
  const batch = g.next() < 0.3 ? [g.integer(1, 4)] : [];
  const shared = g.next() < 0.3 ? [] : batch;
  return {
    name: `matmul [${[...batch, m, k]}] [${[...shared, k, n]}]`,
    operands: [operand(g, [...batch, m, k], 0.5), operand(g, [...shared, k, n], 0.5)],
    compute: (a, b) => a.matmul(b),
    terms: Math.max(m, n, k) * (batch[0] ?? 1),
  };
}

function convolutionCase(g: Generator): Case {
  const dims = g.integer(1, 3);
  const isTransposed = g.next() < 0.3;
  const isDepthwise = g.next() < 0.15;
  const groups = isDepthwise ? g.integer(2, 6) : g.next() < 0.25 ? g.integer(1, 4) : 1;
  const [c, o] = isDepthwise
    ? [1, 1]
    : [g.integer(1, 5), g.next() < 0.3 ? around(g, 6, 12) : g.integer(1, 9)];
  const each = (make: () => number) => Array.from({ length: dims }, make);
  const kernel = each(() => g.integer(1, dims === 3 ? 3 : 5));
  const stride = each(() => g.integer(1, 3));
  const dilation = each(() => g.integer(1, 2));
  const padding = each(() => g.integer(0, 3));
  const size = kernel.map(
    (k, d) =>
      Math.max(1, dilation[d] * (k - 1) + 1 - (isTransposed ? -2 : 2) * padding[d]) +
      g.integer(0, dims === 3 ? 4 : 14),
  );
  const x = [g.integer(1, 3), c * groups, ...size];
  const w = isTransposed ? [c * groups, o, ...kernel] : [o * groups, c, ...kernel];
  const options = { stride, padding, dilation, groups };
  const call = [
    [T.conv1d, T.conv2d, T.conv3d],
    [T.convTranspose1d, T.convTranspose2d, T.convTranspose3d],
  ][isTransposed ? 1 : 0][dims - 1];
  const hasBias = g.next() < 0.5;
  return {
    name: `${isTransposed ? "transposed " : ""}convolution [${x}] [${w}] ${JSON.stringify(options)}${hasBias ? " with bias" : ""}`,
    operands: [operand(g, x), operand(g, w), ...(hasBias ? [operand(g, [o * groups], 0)] : [])],
    compute: (a, b, bias) => call(a, b, { ...options, bias: bias ?? null }),
    terms: Math.max(product(w), x[0] * product(size) * 9),
  };
}

function poolCase(g: Generator): Case {
  const isMax = g.next() < 0.6;
  const two = (make: (d: number) => number) => [make(0), make(1)];
  const size = two(() => g.integer(1, 5));
  const stride = two(() => g.integer(1, 3));
  const padding = two((d) => g.integer(0, size[d] >> 1));
  const dilation = isMax ? two(() => g.integer(1, 2)) : [1, 1];
  const image = two(
    (d) => Math.max(1, dilation[d] * (size[d] - 1) + 1 - 2 * padding[d]) + g.integer(0, 20),
  );
  const shape = [g.integer(1, 3), g.integer(1, 4), ...image];
  const ceilMode = g.next() < 0.5;
  const countIncludePad = g.next() < 0.5;
  return {
    name: `${isMax ? "maxPool2d" : "avgPool2d"} [${shape}] ${JSON.stringify({ size, stride, padding, dilation, ceilMode, countIncludePad })}`,
    operands: [operand(g, shape)],
    compute: (x) =>
      isMax
        ? T.maxPool2d(x, size, { stride, padding, dilation, ceilMode })
        : T.avgPool2d(x, size, { stride, padding, ceilMode, countIncludePad }),
    terms: product(size),
  };
}

function rowCase(g: Generator): Case {
  const rows = g.integer(1, 40);
  const n = g.next() < 0.5 ? around(g, 1, 4, 16, 32, 64) : g.integer(1, 300);
  const kind = g.pick(["softmax", "logSoftmax", "layerNorm", "crossEntropy"] as const);
  const x = operand(g, [rows, n]);
  const name = `${kind} [${rows}, ${n}]`;
  if (kind === "layerNorm")
    return {
      name,
      operands: [x, operand(g, [n], 0), operand(g, [n], 0)],
      // One number alone has no variance: eps decides, and rounding with it.
      compute: (t, weight, bias) => T.layerNorm(t, [n], { weight, bias, eps: 0.1 }),
      terms: n + rows,
    };
  if (kind === "crossEntropy")
    return {
      name,
      operands: [x, labels(g, rows, n)],
      compute: (t, y) => crossEntropy(t, y, { reduction: "none" }),
      terms: n,
    };
  const dim = g.integer(0, 1);
  return {
    name: `${name} along ${dim}`,
    operands: [x],
    compute: (t) => (kind === "softmax" ? t.softmax(dim) : t.logSoftmax(dim)),
    terms: n + rows,
  };
}

const MAPS: readonly (readonly [string, (a: Tensor, b: Tensor) => Tensor])[] = [
  ["add", (a, b) => a.add(b)],
  ["sub and mul", (a, b) => a.sub(b).mul(a)],
  ["div", (a, b) => a.div(b.abs().add(0.5))],
  ["relu", (a, b) => a.relu().add(b)],
  ["exp", (a, b) => a.mul(b).exp()],
  ["sigmoid and tanh", (a, b) => a.sigmoid().mul(b.tanh())],
  ["gelu", (a, b) => T.gelu(a).add(b)],
  ["where", (a, b) => T.where(a.gt(b), a, b.mul(2))],
  ["log", (a, b) => a.abs().add(0.1).log().add(b)],
];
const REDUCTIONS: readonly (readonly [string, (a: Tensor, dims: number[]) => Tensor])[] = [
  ["sum", (a, dims) => a.sum(dims)],
  ["mean", (a, dims) => a.mean(dims, { keepdim: true })],
  ["amax", (a, dims) => a.amax(dims)],
];

function mapCase(g: Generator): Case {
  const shape = Array.from({ length: g.integer(1, 4) }, () =>
    g.integer(1, g.next() < 0.2 ? 60 : 9),
  );
  const stretched = shape.map((n) => (g.next() < 0.25 ? 1 : n));
  const [name, compute] = g.pick(MAPS);
  return {
    name: `${name} [${shape}] [${stretched}]`,
    operands: [operand(g, shape, 0.6), operand(g, stretched, 0.6)],
    compute,
    terms: product(shape),
  };
}
function reduceCase(g: Generator): Case {
  const shape = Array.from({ length: g.integer(1, 4) }, () =>
    g.integer(1, g.next() < 0.2 ? 90 : 11),
  );
  const dims = shape.map((_, d) => d).filter(() => g.next() < 0.5);
  if (dims.length === 0) dims.push(g.integer(0, shape.length - 1));
  const [name, reduce] = g.pick(REDUCTIONS);
  return {
    name: `${name} [${shape}] over ${dims}`,
    operands: [operand(g, shape, 0.6)],
    compute: (x) => reduce(x, dims),
    terms: product(shape),
  };
}

const FAMILIES = {
  "matrix products": { make: matmulCase, cases: 450 },
  convolutions: { make: convolutionCase, cases: 600 },
  pooling: { make: poolCase, cases: 350 },
  rows: { make: rowCase, cases: 300 },
  maps: { make: mapCase, cases: 250 },
  reductions: { make: reduceCase, cases: 250 },
};

/** Half a unit in the last place per term, of numbers about 1; random signs keep the sum well below that. */
const toleranceOf = ({ terms }: Case): number => 2e-6 * Math.sqrt(terms) + 2e-5;

function compare(
  c: Case,
  name: string,
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
): void {
  const tolerance = toleranceOf(c);
  actual.forEach((list, which) => {
    const wanted = expected[which];
    expect(list.length, `${name}: result ${which}`).toBe(wanted.length);
    for (let i = 0; i < list.length; i++) {
      const [a, e] = [list[i], wanted[i]];
      if (!(Math.abs(a - e) <= tolerance * (1 + Math.abs(e))) && !Object.is(a, e))
        expect.fail(`${name}: result ${which} at ${i} is ${a}, the reference has ${e}`);
    }
  });
}
function compareBits(
  name: string,
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
): void {
  actual.forEach((list, which) => {
    for (let i = 0; i < list.length; i++)
      if (!Object.is(list[i], expected[which][i]))
        expect.fail(
          `${name}: result ${which} at ${i} is ${list[i]}, and was ${expected[which][i]}`,
        );
  });
}

const only = process.env.DL_FUZZ_SEED;
const total = Object.values(FAMILIES).reduce((sum, { cases }) => sum + cases, 0);

describe(`${total} random cases against the reference path`, () => {
  for (const [index, [family, { make, cases }]] of Object.entries(FAMILIES).entries())
    test(`${cases} ${family}`, { timeout: 120_000 }, () => {
      for (let i = 0; i < cases; i++) {
        const seed = 1000 * (index + 1) + i;
        if (only && String(seed) !== only) continue;
        const c = make(generator(seed));
        const expected = run(c, reference);
        const seen = new Map<Backend, Float32Array[]>();
        for (const { name, backend, every, like } of CONFIGURATIONS) {
          if (i % every !== 0) continue;
          const label = `${c.name}, ${name} (seed ${seed})`;
          const actual = run(c, backend);
          seen.set(backend, actual);
          compare(c, label, actual, expected);
          if (like) compareBits(`${label}, unlike one thread`, actual, seen.get(like)!);
          if (i % 10 === 0) compareBits(`${label}, a second time`, run(c, backend), actual);
        }
      }
    });
});

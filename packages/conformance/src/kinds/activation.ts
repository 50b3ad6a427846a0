/** The suite for activations. */
import "@dl/autograd";
import {
  formatShape,
  getBackend,
  isTensor,
  numelOf,
  type Shape,
  sameShape,
  scope,
  scopeTensors,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { isClose, type Tolerance } from "../compare.ts";
import { type Check, runChecks, type SuiteOptions } from "../runner.ts";
import { expectGradients, weighted } from "./differences.ts";
import {
  EXACT,
  expectNothingLeft,
  expectSame,
  fail,
  isFinite,
  numbers,
  ROUNDING,
  reversed,
} from "./examine.ts";

/** A function of one tensor; a module, if it has parameters. */
export interface ActivationLike {
  (x: Tensor): unknown;
  namedParameters?(): readonly (readonly [name: string, parameter: Tensor])[];
  to?(dtype: "float64"): unknown;
  eval?(): unknown;
}

export interface ActivationSuiteOptions extends SuiteOptions {
  /** Elements along this dimension depend on each other, as in a softmax. Default: none do. */
  dim?: number;
  /** Shapes of inputs. Default [], [1], [7], [2, 3, 4] and [0, 3]; with `dim` the last two. */
  shapes?: readonly Shape[];
  /** Inputs at which value and gradient have to be finite. Default ±1e4, ±100, ±1 and 0. */
  extremes?: readonly number[];
  /** What NaN becomes: it stays by default. */
  nan?: "stays" | "replaced";
  /** Of gradients compared with differences. */
  tolerance?: Tolerance;
}

/**
 * Puts an activation through what a network asks of it.
 *
 * @param make gives the function: `() => swish`, or a new layer: `() => new PReLU()`
 */
export function testActivation(
  name: string,
  make: () => ActivationLike,
  options: ActivationSuiteOptions,
): void {
  runChecks(name, activationChecks(name, make, options), options);
}

function activationChecks(
  name: string,
  make: () => ActivationLike,
  options: ActivationSuiteOptions,
): Check[] {
  const { dim, extremes = [-1e4, -100, -1, 0, 1, 100, 1e4], nan = "stays" } = options;
  const shapes = options.shapes ?? [
    ...(dim === undefined ? [[], [1], [7]] : []),
    [2, 3, 4],
    [0, 3],
  ];
  /** What most checks use: the shape with the most elements. */
  const shape = shapes.reduce((a, b) => (numelOf(b) > numelOf(a) ? b : a));
  const made = (): ActivationLike => {
    const activation = make();
    activation.eval?.(); // what is drawn in training is not a function
    return activation;
  };
  const parametersOf = (activation: ActivationLike) => activation.namedParameters?.() ?? [];
  const call = (activation: ActivationLike, x: Tensor): Tensor => {
    const y = activation(x);
    return isTensor(y) ? y : fail(`${name}: the result is not a tensor`, "Return a tensor");
  };
  /** Numbers within ±2.5, none of them near a whole or half one, where functions may have kinks. */
  const sample = (of: Shape, dtype: "float32" | "float64" = "float32"): Tensor => {
    const values = Float64Array.from({ length: numelOf(of) }, (_, i) => {
      const x = 2.5 * Math.sin(1.7 * i + 0.9);
      const away = x - Math.round(2 * x) / 2;
      return Math.abs(away) < 0.05 ? x + 0.1 : x;
    });
    return tensor(values, { shape: of, dtype });
  };
  /** Whether elements i and j may depend on each other: they differ along `dim` alone. */
  const isRelated = (i: number, j: number): boolean => {
    if (i === j) return true;
    if (dim === undefined) return false;
    const d = dim < 0 ? dim + shape.length : dim;
    const inner = numelOf(shape.slice(d + 1));
    const row = (k: number) => [Math.floor(k / (inner * shape[d])), k % inner].join();
    return row(i) === row(j);
  };
  /** The results when element i of the sample is another number. */
  const withElement = async (activation: ActivationLike, i: number, value: number) => {
    const values = await numbers(sample(shape));
    values[i] = value;
    return numbers(call(activation, tensor(Float32Array.from(values), { shape })));
  };
  const indices = Array.from({ length: numelOf(shape) }, (_, i) => i);

  return [
    {
      name: "keeps the shape and the dtype",
      run() {
        for (const of of shapes) {
          const x = sample(of);
          const y = call(made(), x);
          if (!sameShape(y.shape, of))
            fail(
              `${name}: of ${formatShape(of)} the result is ${formatShape(y.shape)}`,
              "An activation changes elements, not their number; say shapes to the suite if it cannot take all",
            );
          if (y.dtype !== x.dtype)
            fail(`${name}: of float32 the result is ${y.dtype}`, "Do not convert the result");
        }
      },
    },
    {
      name: dim === undefined ? "works element by element" : `works along dimension ${dim}`,
      async run() {
        const activation = made();
        const before = await numbers(call(activation, sample(shape)));
        let reached = 0;
        for (const i of indices) {
          const after = await withElement(activation, i, -0.83);
          for (const j of indices) {
            if (isClose(after[j], before[j], EXACT)) continue;
            if (!isRelated(i, j))
              fail(
                `${name}: element ${j} of ${formatShape(shape)} changes with element ${i}`,
                dim === undefined
                  ? "Use elementwise ops only; or say dim to the suite if elements along a dimension belong together"
                  : `Reduce over dimension ${dim} only`,
              );
            if (i !== j) reached++;
          }
        }
        if (dim !== undefined && reached === 0)
          fail(
            `${name}: elements along dimension ${dim} do not depend on each other`,
            "Leave dim out of the suite's options, or name the dimension that it works along",
          );
      },
    },
    {
      name: "has the gradients of its differences",
      async run() {
        const activation = made();
        const dtype = getBackend().dtypes.has("float64") ? "float64" : "float32";
        if (dtype === "float64") activation.to?.("float64");
        const x = sample(shape, dtype).requiresGrad_();
        const inputs = [
          { name: "the input", tensor: x },
          ...parametersOf(activation).map(([key, p]) => ({ name: key, tensor: p })),
        ];
        await expectGradients(
          name,
          () => weighted(call(activation, x)),
          inputs,
          dtype,
          options.tolerance,
        );
      },
    },
    {
      name: "is finite at the extremes",
      async run() {
        for (const value of extremes) {
          const activation = made();
          const x = tensor(new Float32Array(numelOf(shape)).fill(value), { shape }).requiresGrad_();
          const y = call(activation, x);
          const remedy =
            "Choose a form that does not overflow: exp(−|x|) instead of exp(x), or select with a safe argument in both branches. Say extremes to the suite if it grows too fast for them";
          if (!isFinite(await numbers(y)))
            fail(`${name}: at ${value} the value is not finite`, remedy);
          if (y.requiresGrad) y.sum().backward();
          const all = [["the input", x] as const, ...parametersOf(activation)];
          for (const [key, t] of all)
            if (t.grad && !isFinite(await numbers(t.grad)))
              fail(`${name}: at ${value} the gradient of ${key} is not finite`, remedy);
        }
      },
    },
    {
      name: "has a slope between those on either side of 0",
      async run() {
        const step = 2 ** -10;
        const at = async (value: number) => {
          const activation = made();
          const x = tensor(new Float32Array(numelOf(shape)), { shape }).requiresGrad_();
          const moved = x.add(
            tensor(
              Float32Array.from(indices, (i) => (i === 0 ? value : 0)),
              { shape },
            ),
          );
          const y = call(activation, moved).reshape(-1).narrow(0, 0, 1).sum();
          if (y.requiresGrad) y.backward();
          return { y: await y.item(), slope: x.grad ? (await numbers(x.grad))[0] : 0 };
        };
        const [low, here, high] = [await at(-step), await at(0), await at(step)];
        const sides = [(here.y - low.y) / step, (high.y - here.y) / step];
        const slack = 0.01 + 0.01 * Math.max(...sides.map(Math.abs));
        const [least, most] = [Math.min(...sides) - slack, Math.max(...sides) + slack];
        if (!(here.slope >= least && here.slope <= most))
          fail(
            `${name}: the gradient at 0 is ${here.slope}, the slopes on either side are ${sides.join(" and ")}`,
            "At a kink take one of both or something between, as PyTorch does: 0 for relu",
          );
      },
    },
    {
      name: nan === "stays" ? "lets NaN pass" : "replaces NaN",
      async run() {
        const activation = made();
        const before = await numbers(call(activation, sample(shape)));
        const after = await withElement(activation, 0, Number.NaN);
        for (const j of indices) {
          if (!isRelated(0, j)) {
            expectSame(
              [after[j]],
              [before[j]],
              EXACT,
              `${name}: element ${j} when element 0 is NaN`,
              "Elements that do not depend on it must not change",
            );
          } else if (Number.isNaN(after[j]) !== (nan === "stays"))
            fail(
              `${name}: with NaN in element 0 the result's element ${j} is ${after[j]}`,
              nan === "stays"
                ? "Compare so that NaN takes the branch that returns x, select(le(x, 0), 0, x): a NaN that vanishes hides a bug"
                : 'Replace it, or leave out nan: "replaced"',
            );
        }
      },
    },
    {
      name: "does not depend on memory layout",
      async run() {
        const activation = made();
        const x = sample(shape);
        expectSame(
          await numbers(call(activation, reversed(x))),
          await numbers(call(activation, x)),
          ROUNDING,
          `${name}: an input that lies transposed in memory`,
          "Compute with ops on tensors, or with contiguous() what reads memory itself",
        );
      },
    },
    {
      name: "is repeatable, and leaves its input alone",
      async run() {
        const activation = made();
        const x = sample(shape);
        const before = await numbers(x);
        const first = await numbers(call(activation, x));
        expectSame(
          await numbers(x),
          before,
          EXACT,
          `${name}: the input after a call`,
          "Use the op without an underscore, unless it is asked for with { inplace: true }",
        );
        expectSame(
          await numbers(call(activation, x)),
          first,
          EXACT,
          `${name}: a second call`,
          "What is drawn at random belongs to training: let eval() turn it off",
        );
      },
    },
    {
      name: "leaves no buffers behind",
      run() {
        const activation = made();
        const x = sample(shape).requiresGrad_();
        expectNothingLeft(
          name,
          () => {
            const y = weighted(call(activation, x));
            if (y.requiresGrad) y.backward();
            for (const t of [x, ...parametersOf(activation).map(([, p]) => p)]) {
              t.grad?.dispose();
              t.grad = null;
            }
          },
          "Do not hold on to tensors between calls",
        );
        const count = scope(() => {
          call(activation, x);
          return scopeTensors().filter((t) => t.released === null).length - 1;
        });
        if (count > 0)
          fail(
            `${name}: a call leaves ${count} temporary tensor${count > 1 ? "s" : ""} to the collector`,
            "Put the body into scope(() => ...), or write it as one expression with defineMap",
          );
      },
    },
  ];
}

/** The suite for losses. */
import {
  formatShape,
  getBackend,
  isFloating,
  isTensor,
  type Shape,
  sameShape,
  scope,
  scopeTensors,
  type Tensor,
} from "@dl/tensor";
import type { Tolerance } from "../compare.ts";
import { type Check, runChecks, type SuiteOptions } from "../runner.ts";
import { expectGradients, weighted } from "./differences.ts";
import {
  EXACT,
  errorOf,
  expectNothingLeft,
  expectSame,
  fail,
  isFinite,
  leaves,
  numbers,
  numbersOf,
  ROUNDING,
  reversed,
  seeded,
  tensorsIn,
} from "./examine.ts";

export type Criterion = (...operands: any[]) => unknown;
type Reduction = "none" | "mean" | "sum";
const REDUCTIONS: readonly Reduction[] = ["none", "mean", "sum"];

export interface LossSuiteOptions extends SuiteOptions {
  /** The arguments of a call, for this many samples: a prediction, mostly a target, perhaps more. */
  operands(samples: number): readonly unknown[];
  /**
   * Arguments that do not fit. Default: all but the prediction have only the first of several samples, which would
   * broadcast unnoticed. Null for a loss of one operand.
   */
  misfit?: (() => readonly unknown[]) | null;
  /** The result's shape with "none". Default: the prediction's. */
  shape?: (samples: number) => Shape;
  /** Values for the whole prediction at which loss and gradient have to be finite. Default ±1e4, ±100 and 0. */
  extremes?: readonly number[];
  /** Numbers of the operands that have a gradient. Default: all of floating point. */
  differentiable?: readonly number[];
  /** Of gradients compared with differences. */
  tolerance?: Tolerance;
}

/**
 * Puts a loss through what training asks of it.
 *
 * @param make gives the loss for options: `(options) => new MyLoss(options)`, or of a function
 *   `(options) => (prediction, target) => myLoss(prediction, target, options)`
 */
export function testLoss(
  name: string,
  make: (options: { reduction?: Reduction }) => Criterion,
  options: LossSuiteOptions,
): void {
  runChecks(name, lossChecks(name, make, options), options);
}

function lossChecks(
  name: string,
  make: (options: { reduction?: Reduction }) => Criterion,
  options: LossSuiteOptions,
): Check[] {
  const { differentiable, extremes = [-1e4, -100, 0, 100, 1e4] } = options;
  const operandsOf = (samples: number) => seeded(1000 + samples, () => options.operands(samples));
  const shapeOf = options.shape ?? ((samples: number) => (operandsOf(samples)[0] as Tensor).shape);
  const call = (reduction: Reduction | undefined, operands: readonly unknown[]): Tensor => {
    const result = make(reduction ? { reduction } : {})(...operands);
    if (isTensor(result)) return result;
    return fail(
      `${name}: the result is not a tensor`,
      "Return a tensor, also where it is one number",
    );
  };

  const checks: Check[] = [
    {
      name: "computes its example",
      async run() {
        for (const reduction of REDUCTIONS) {
          const y = call(reduction, operandsOf(4));
          if (!isFloating(y.dtype))
            fail(`${name}: the result is ${y.dtype}`, "A loss has the dtype of the prediction");
          if (!isFinite(await numbers(y)))
            fail(
              `${name}: the result with reduction "${reduction}" is not finite`,
              "Look for divisions by 0 and logarithms of 0",
            );
        }
      },
    },
    {
      name: "has the shapes of its reductions",
      run() {
        for (const samples of [1, 4])
          for (const reduction of REDUCTIONS) {
            const { shape } = call(reduction, operandsOf(samples));
            const wanted = reduction === "none" ? shapeOf(samples) : [];
            if (!sameShape(shape, wanted))
              fail(
                `${name}: of ${samples} samples the result with reduction "${reduction}" is ${formatShape(shape)}, expected ${formatShape(wanted)}`,
                reduction === "none"
                  ? "Return each loss by itself, or say shape to the suite"
                  : "Reduce over all dimensions: the result is one number, without dimensions",
              );
          }
      },
    },
    {
      name: "has reductions that agree",
      async run() {
        for (const samples of [1, 4]) {
          const operands = operandsOf(samples);
          const each = await numbers(call("none", operands));
          const total = each.reduce((a, b) => a + b, 0);
          expectSame(
            await numbers(call("sum", operands)),
            [total],
            ROUNDING,
            `${name}: reduction "sum", compared with what "none" adds up to`,
            "Let both come from one computation, and reduce at the end",
          );
          expectSame(
            await numbers(call("mean", operands)),
            [total / each.length],
            ROUNDING,
            `${name}: reduction "mean", compared with the mean of "none"`,
            "Divide by the number of losses, not by that of batches or features; a mean that is weighted is a known failure",
          );
        }
      },
    },
    {
      name: "takes the mean by default",
      async run() {
        const operands = operandsOf(4);
        expectSame(
          await numbers(call(undefined, operands)),
          await numbers(call("mean", operands)),
          EXACT,
          `${name}: without options`,
          'Write { reduction = "mean" } = {}',
        );
      },
    },
    {
      name: "refuses unknown reductions",
      async run() {
        const error = await errorOf(() => call("average" as Reduction, operandsOf(4)));
        if (!error?.message.includes("average"))
          fail(
            `${name}: reduction "average" gives ${error ? `"${error.message}"` : "a result"}`,
            'Throw a DlError that names the reduction unless it is one of "none", "mean", "sum"',
          );
      },
    },
    {
      name: "has the gradients of its differences",
      async run() {
        const dtype = getBackend().dtypes.has("float64") ? "float64" : "float32";
        for (const reduction of REDUCTIONS) {
          const operands = leaves(operandsOf(3), dtype, differentiable);
          const inputs = operands.flatMap((x, i) =>
            isTensor(x) && x.requiresGrad ? [{ name: `operand ${i}`, tensor: x }] : [],
          );
          await expectGradients(
            `${name} with reduction "${reduction}"`,
            () => weighted(call(reduction, operands)),
            inputs,
            dtype,
            options.tolerance,
          );
        }
      },
    },
    {
      name: "is finite at the extremes",
      async run() {
        for (const value of extremes) {
          const [prediction, ...others] = operandsOf(3) as [Tensor, ...unknown[]];
          const x = prediction.detach().mul(0).add(value).requiresGrad_();
          const y = call("none", [x, ...others]);
          const remedy =
            "Rewrite the formula: max(x, 0) + log1p(exp(−|x|)) is log(1 + exp(x)) without overflow. Say extremes to the suite where predictions are bounded";
          if (!isFinite(await numbers(y)))
            fail(`${name}: where the prediction is ${value} the loss is not finite`, remedy);
          y.sum().backward();
          if (!isFinite(x.grad ? await numbers(x.grad) : []))
            fail(`${name}: where the prediction is ${value} the gradient is not finite`, remedy);
        }
      },
    },
    {
      name: "does not depend on memory layout",
      async run() {
        const operands = operandsOf(4);
        const other = operands.map((x) => (isTensor(x) ? reversed(x) : x));
        for (const reduction of REDUCTIONS)
          expectSame(
            await numbers(call(reduction, other)),
            await numbers(call(reduction, operands)),
            ROUNDING,
            `${name}: operands that lie transposed in memory, reduction "${reduction}"`,
            "Compute with ops on tensors, or with contiguous() what reads memory itself",
          );
      },
    },
    {
      name: "is repeatable, and leaves its operands alone",
      async run() {
        const operands = operandsOf(4);
        const before = await numbersOf(tensorsIn(operands));
        const first = await numbers(call("none", operands));
        const after = await numbersOf(tensorsIn(operands));
        before.forEach((values, i) =>
          expectSame(
            after[i],
            values,
            EXACT,
            `${name}: operand ${i} after a call`,
            "Use the op without an underscore: it makes a new tensor",
          ),
        );
        expectSame(
          await numbers(call("none", operands)),
          first,
          EXACT,
          `${name}: a second call`,
          "A loss depends on its operands alone",
        );
      },
    },
    {
      name: "leaves no buffers behind",
      run() {
        const operands = leaves(operandsOf(4), "float32", differentiable);
        const before = tensorsIn(operands);
        expectNothingLeft(
          name,
          () => {
            const y = weighted(call("mean", operands));
            if (y.requiresGrad) y.backward();
            for (const x of before) {
              x.grad?.dispose();
              x.grad = null;
            }
          },
          "Do not hold on to tensors between calls",
        );
      },
    },
    {
      name: "releases its temporaries",
      run() {
        const operands = leaves(operandsOf(4), "float32", differentiable);
        for (const reduction of REDUCTIONS) {
          const count = scope(() => {
            call(reduction, operands);
            return scopeTensors().filter((t) => t.released === null).length - 1;
          });
          if (count > 0)
            fail(
              `${name}: reduction "${reduction}" leaves ${count} temporary tensor${count > 1 ? "s" : ""} to the collector`,
              "Put the body into scope(() => ...), which releases what is not returned",
            );
        }
      },
    },
  ];
  const misfit = options.misfit === undefined ? () => broadcasting(operandsOf(4)) : options.misfit;
  if (misfit)
    checks.push({
      name: "refuses shapes that do not fit",
      async run() {
        const operands = misfit();
        const shapes = tensorsIn(operands).map((t) => formatShape(t.shape));
        const error = await errorOf(() => call("mean", operands));
        if (!error)
          fail(
            `${name}: nothing is thrown for operands ${shapes.join(", ")}`,
            "Compare shapes first, and throw a ShapeError: a target that broadcasts makes a model learn the mean",
          );
        if (!shapes.some((shape) => error.message.includes(shape)))
          fail(
            `${name}: the error for operands ${shapes.join(", ")} names no shape: "${error.message}"`,
            "Throw a ShapeError that says which shapes were found: formatShape(x.shape)",
          );
      },
    });
  return checks;
}

/** The first sample alone of each operand but the prediction. */
function broadcasting([prediction, ...others]: readonly unknown[]): unknown[] {
  return [prediction, ...others.map((x) => (isTensor(x) && x.rank > 0 ? x.narrow(0, 0, 1) : x))];
}

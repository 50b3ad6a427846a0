/** The suite for optimizers. */
import "@dl/autograd";
import { cat, type Shape, scope, scopeTensors, type Tensor, tensor } from "@dl/tensor";
import { type Check, runChecks, type SuiteOptions } from "../runner.ts";
import {
  EXACT,
  errorOf,
  expectNothingLeft,
  expectSame,
  fail,
  isFinite,
  numbers,
  ROUNDING,
  reversed,
} from "./examine.ts";

/** What of an optimizer the suites use. */
export interface OptimizerLike {
  readonly paramGroups: (any & { params: Tensor[]; lr: number })[];
  stepCount: number;
  step(): unknown;
  zeroGrad(options?: { setToNone?: boolean }): void;
  stateDict(): any;
  loadStateDict(dict: any): unknown;
}
/** Parameters, or groups of them, some with a learning rate of their own. */
export type OptimizerParams = Tensor[] | { params: Tensor[]; lr?: number }[];

export interface OptimizerSuiteOptions extends SuiteOptions {
  /** One step, for an optimizer that wants more than `step()`: `(optimizer, loss) => optimizer.step(loss)`. */
  step?: (optimizer: any, closure: () => Tensor) => unknown;
  /** The same optimizer climbing, where it can. */
  maximize?: (params: Tensor[]) => OptimizerLike;
  /** The shapes of the parameters. Default [[2, 3], [5]]. */
  shapes?: readonly Shape[];
  /** In how many steps it has to get down to a tenth of a quadratic, and to a half of Rosenbrock's function. Default 300. */
  steps?: number;
}

/**
 * Puts an optimizer through what training and checkpoints ask of it.
 *
 * @param make gives the optimizer for parameters or groups; with a learning rate that suits functions of slope 1 to 20
 *   and distances of about 1, such as 0.01
 */
export function testOptimizer(
  name: string,
  make: (params: any) => OptimizerLike,
  options: OptimizerSuiteOptions,
): void {
  runChecks(name, optimizerChecks(name, make, options), options);
}

function optimizerChecks(
  name: string,
  make: (params: any) => OptimizerLike,
  options: OptimizerSuiteOptions,
): Check[] {
  const { steps = 300, maximize } = options;
  const [one, two = one, ...others] = options.shapes ?? [[2, 3], [5]];
  const shapes = [one, two, ...others];
  const start = () => shapes.map(startOf);
  const advance = (optimizer: OptimizerLike, objective: () => Tensor) => {
    const closure = () => {
      optimizer.zeroGrad();
      const loss = objective();
      loss.backward();
      return loss;
    };
    if (options.step) return void options.step(optimizer, closure);
    scope(() => void closure());
    optimizer.step();
  };
  const repeat = (n: number, optimizer: OptimizerLike, objective: () => Tensor) => {
    for (let i = 0; i < n; i++) advance(optimizer, objective);
  };
  /** What parameters are after some steps of a new optimizer. */
  const after = async (n: number, params: Tensor[], optimizer: OptimizerLike) => {
    repeat(n, optimizer, () => quadratic(params));
    return numbers(flat(params));
  };
  const lowers = (title: string, objective: (params: Tensor[]) => Tensor, to: number): Check => ({
    name: title,
    async run() {
      const params = start();
      const optimizer = make(params);
      const value = () => scope(() => objective(params)).item();
      const first = await value();
      repeat(steps, optimizer, () => objective(params));
      const last = await value();
      if (!(last <= to * first))
        fail(
          `${name}: the function is ${first} at the start and ${last} after ${steps} steps, expected at most ${to * first}`,
          !(last <= first)
            ? "Step against the gradient. If it is too far, give make a lower learning rate"
            : "Give make a higher learning rate, or the suite more steps",
        );
    },
  });

  const checks: Check[] = [
    lowers("lowers a quadratic function", quadratic, 0.1),
    lowers("lowers Rosenbrock's function", rosenbrock, 0.5),
    {
      name: "takes the same steps again",
      async run() {
        const [a, b] = [start(), start()];
        expectSame(
          await after(5, b, make(b)),
          await after(5, a, make(a)),
          EXACT,
          `${name}: the parameters after the same five steps of another optimizer`,
          "State belongs to the instance: not to the class, the module, the clock or the generator",
        );
      },
    },
    {
      name: "goes on from its state",
      async run() {
        const first = start();
        const optimizer = make(first);
        for (const group of optimizer.paramGroups) group.lr *= 0.5;
        repeat(5, optimizer, () => quadratic(first));
        const second = first.map((p) => p.detach().clone().requiresGrad_());
        const next = make(second);
        next.loadStateDict(optimizer.stateDict());
        for (let i = 0; i < 5; i++) {
          advance(optimizer, () => quadratic(first));
          advance(next, () => quadratic(second));
        }
        expectSame(
          await numbers(flat(second)),
          await numbers(flat(first)),
          EXACT,
          `${name}: the parameters five steps after the state was loaded, compared with going on`,
          "stateDict() needs everything that steps depend on, hyperparameters and counts too; loadStateDict() has to copy tensors",
        );
      },
    },
    {
      name: "refuses a state that does not fit",
      async run() {
        const params = start();
        const other = [...start(), ...start()];
        const optimizer = make(other);
        repeat(1, optimizer, () => quadratic(other));
        const error = await errorOf(() => make(params).loadStateDict(optimizer.stateDict()));
        if (!error)
          fail(
            `${name}: it takes the state of ${other.length} parameters for ${params.length}`,
            "Compare the number of groups and parameters, and shapes, before anything is changed",
          );
      },
    },
    {
      name: "gives groups their own learning rates",
      async run() {
        const rate = make(start()).paramGroups[0].lr / 2;
        const [a, b] = start();
        const grouped = make([{ params: [a], lr: rate }, { params: [b] }]);
        repeat(3, grouped, () => quadratic([a]).add(quadratic([b])));
        const remedy =
          "Take lr from the group that is passed to stepGroup(), not from the defaults";
        const alone = async (k: number, lr?: number) => {
          const params = [start()[k]];
          const optimizer = make(params);
          if (lr !== undefined) optimizer.paramGroups[0].lr = lr;
          return after(3, params, optimizer);
        };
        const first = await numbers(flat([a]));
        expectDifferent(
          first,
          await alone(0),
          `${name}: a group with half the learning rate takes the steps of the default`,
          remedy,
        );
        expectSame(first, await alone(0, rate), EXACT, `${name}: the first of two groups`, remedy);
        expectSame(
          await numbers(flat([b])),
          await alone(1),
          EXACT,
          `${name}: the second of two groups, compared with an optimizer of its own`,
          remedy,
        );
      },
    },
    {
      name: "follows a learning rate that changes",
      async run() {
        const [a, b] = [start(), start()];
        const optimizer = make(b);
        await after(2, b, optimizer);
        for (const group of optimizer.paramGroups) group.lr *= 0.1;
        expectDifferent(
          await after(2, b, optimizer),
          await after(4, a, make(a)),
          `${name}: a tenth of the learning rate, set after two steps, changes nothing`,
          "Read group.lr at every step: that is what schedulers set",
        );
      },
    },
    {
      name: "lets go of gradients",
      async run() {
        const params = start();
        const optimizer = make(params);
        const gradients = () => scope(() => quadratic(params).backward());
        gradients();
        optimizer.zeroGrad();
        if (params.some((p) => p.grad))
          fail(`${name}: after zeroGrad() a parameter has a gradient`, "Set grad to null");
        gradients();
        optimizer.zeroGrad({ setToNone: false });
        for (const p of params)
          expectSame(
            p.grad ? await numbers(p.grad) : [],
            new Array(p.numel).fill(0),
            EXACT,
            `${name}: the gradient after zeroGrad({ setToNone: false })`,
            "Fill it with zeros",
          );
      },
    },
    {
      name: "leaves parameters without a gradient as they are",
      async run() {
        const [a, b] = start();
        const optimizer = make([a, b]);
        const [before, still] = [await numbers(a), await numbers(b)];
        repeat(3, optimizer, () => quadratic([a]));
        expectDifferent(
          await numbers(a),
          before,
          `${name}: three steps change nothing`,
          "Write to the parameter in place: p.sub_(...), or assign",
        );
        expectSame(
          await numbers(b),
          still,
          EXACT,
          `${name}: a parameter without a gradient`,
          "Step only what stepGroup() is given: no decay, no momentum for others",
        );
      },
    },
    {
      name: "leaves gradients as they are",
      async run() {
        const params = start();
        const optimizer = make(params);
        if (options.step) return; // It makes gradients of its own.
        scope(() => {
          optimizer.zeroGrad();
          quadratic(params).backward();
        });
        const wanted = (await Promise.all(params.map((p) => numbers(p.grad!)))).flat();
        optimizer.step();
        expectSame(
          (await Promise.all(params.map((p) => numbers(p.grad!)))).flat(),
          wanted,
          EXACT,
          `${name}: the gradients after a step`,
          "Use ops without an underscore on them: clipping and logging look at them afterwards",
        );
      },
    },
    {
      name: "leaves parameters leaves",
      run() {
        const params = start();
        const optimizer = make(params);
        repeat(1, optimizer, () => quadratic(params));
        for (const [i, p] of optimizer.paramGroups.flatMap((g) => g.params as Tensor[]).entries()) {
          if (p === params[i] && p.isLeaf && p.requiresGrad) continue;
          fail(
            `${name}: after a step parameter ${i} ${p === params[i] ? (p.isLeaf ? "does not require a gradient" : "has a history") : "is another tensor"}`,
            "Write into the tensor that the model holds, unrecorded: extend Optimizer, whose step() runs stepGroup() so",
          );
        }
      },
    },
    {
      name: "takes any layout",
      async run() {
        const [a, b] = [start(), start().map((p) => reversed(p).requiresGrad_())];
        expectSame(
          await after(4, b, make(b)),
          await after(4, a, make(a)),
          ROUNDING,
          `${name}: parameters that lie transposed in memory`,
          "State and parameter have to agree element by element: zerosLike(p), or ops on tensors",
        );
      },
    },
    {
      name: "counts its steps",
      run() {
        const params = start();
        const optimizer = make(params);
        repeat(3, optimizer, () => quadratic(params));
        if (optimizer.stepCount !== 3)
          fail(
            `${name}: stepCount is ${optimizer.stepCount} after three steps`,
            "Call super.step() where step is overridden: schedulers look at the count",
          );
      },
    },
    {
      name: "refuses impossible learning rates",
      async run() {
        const error = await errorOf(() => make([{ params: start(), lr: -1 }]));
        if (!error?.message.includes("lr"))
          fail(
            `${name}: a learning rate of −1 gives ${error ? `"${error.message}"` : "an optimizer"}`,
            "Let check(group) throw a DlError that names lr, the value and what is possible",
          );
      },
    },
    {
      name: "keeps its state out of scopes",
      async run() {
        const params = start();
        const optimizer = make(params);
        for (let i = 0; i < 3; i++) {
          const error = await errorOf(() =>
            scope(() => void advance(optimizer, () => quadratic(params))),
          );
          if (error)
            fail(
              `${name}: step ${i + 1}, each in a scope of its own, throws "${error.message}"`,
              "Make state that lasts with unscoped(() => zerosLike(p))",
            );
        }
        if (!isFinite(await numbers(flat(params))))
          fail(`${name}: parameters are not finite`, "Give make a lower learning rate");
      },
    },
    {
      name: "needs no more memory from step to step",
      run() {
        const params = start();
        const optimizer = make(params);
        const again = () => advance(optimizer, () => quadratic(params));
        expectNothingLeft(
          `${name}: step()`,
          again,
          "Write state in place, or dispose() what is replaced",
        );
        const count = scope(() => {
          if (!options.step) optimizer.step();
          return scopeTensors().filter((t) => t.released === null).length;
        });
        if (count > 0)
          fail(
            `${name}: step() leaves ${count} temporary tensor${count > 1 ? "s" : ""} to the collector`,
            "Put the step of a parameter into scope(() => ...), or write it as an expression: ElementwiseOptimizer",
          );
      },
    },
  ];
  if (maximize)
    checks.push({
      name: "climbs with maximize",
      async run() {
        const [up, down] = [start(), start()];
        const climbing = maximize(up);
        repeat(4, climbing, () => quadratic(up).neg());
        expectSame(
          await numbers(flat(up)),
          await after(4, down, make(down)),
          EXACT,
          `${name}: climbing the negative of a function, compared with descending the function`,
          "Negate the gradient before anything else, weight decay included",
        );
      },
    });
  return checks;
}

function expectDifferent(
  a: readonly number[],
  b: readonly number[],
  wrong: string,
  remedy: string,
): void {
  if (a.every((x, i) => x === b[i])) fail(wrong, remedy);
}

/** Numbers within ±1, none of them alike. */
function startOf(shape: Shape, k: number): Tensor {
  const numel = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: numel }, (_, i) => -Math.cos(1.3 * i + k));
  return tensor(values, { shape, requiresGrad: true });
}
const flat = (params: readonly Tensor[]): Tensor => cat(params.map((p) => p.reshape(-1)));

/** Σ wᵢ (zᵢ − cᵢ)² with weights 1 … ½: slopes differ from element to element. */
function quadratic(params: readonly Tensor[]): Tensor {
  const z = flat(params);
  const at = (fn: (i: number) => number) =>
    tensor(Float32Array.from({ length: z.numel }, (_, i) => fn(i)));
  const distance = z.sub(at((i) => 0.5 + Math.sin(i)));
  return distance
    .square()
    .mul(at((i) => 0.5 + 0.5 / (i + 1)))
    .sum();
}
/** Rosenbrock's function with a gentler valley: Σ (1 − zᵢ)² + 5 (zᵢ₊₁ − zᵢ²)². */
function rosenbrock(params: readonly Tensor[]): Tensor {
  const z = flat(params);
  const [head, tail] = [z.narrow(0, 0, z.numel - 1), z.narrow(0, 1, z.numel - 1)];
  const valley = tail.sub(head.square()).square().sum().mul(5);
  return head.sub(1).square().sum().add(valley);
}

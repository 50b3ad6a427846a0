/** The suite for layers. */
import { noGrad } from "@dl/autograd";
import { formatShape, getBackend, isFloating, isTensor, scope, type Tensor } from "@dl/tensor";
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
  seeded,
  tensorsIn,
} from "./examine.ts";

/** What of a module the suite uses. */
export interface LayerLike {
  (...inputs: any[]): unknown;
  training: boolean;
  parameters(): readonly Tensor[];
  namedParameters(): readonly (readonly [name: string, parameter: Tensor])[];
  namedBuffers(): readonly (readonly [name: string, buffer: Tensor])[];
  namedModules(): readonly (readonly [name: string, module: any])[];
  stateDict(): Record<string, Tensor>;
  loadStateDict(dict: Record<string, Tensor>): unknown;
  train(mode?: boolean): unknown;
  eval(): unknown;
  to(dtype: "float64"): unknown;
}

export interface LayerSuiteOptions extends SuiteOptions {
  /** The arguments of a call, for a batch of this many samples: small tensors of random numbers. */
  inputs(batch: number): readonly unknown[];
  /** Arguments that do not fit. Null for a layer that every input fits. */
  misfit: (() => readonly unknown[]) | null;
  /** The names that `namedParameters()` has to give. */
  parameters?: readonly string[];
  /** The dimension of samples in inputs and results. Default 0. */
  batchDim?: number;
  /** Numbers of the arguments that have a gradient. Default: all of floating point. */
  differentiable?: readonly number[];
  /** In which gradients are compared with differences. Default: float64 where the backend has it. */
  dtype?: "float32" | "float64";
  /** Of gradients compared with differences. */
  tolerance?: Tolerance;
}

/** Found on every module and parameter; unlike `instanceof`, it holds across copies of @dl/nn. */
const MODULE = Symbol.for("@dl/nn.Module");
const PARAMETER = Symbol.for("@dl/nn.Parameter");

/**
 * Puts a layer through everything that a network, an optimizer and a checkpoint ask of it.
 *
 * @param make gives a new layer; called for each check
 */
export function testLayer(name: string, make: () => LayerLike, options: LayerSuiteOptions): void {
  runChecks(name, layerChecks(name, make, options), options);
}

function layerChecks(name: string, make: () => LayerLike, options: LayerSuiteOptions): Check[] {
  const { misfit, batchDim = 0 } = options;
  const layerOf = (seed = 0) => seeded(seed, make);
  const inputsOf = (batch: number) => seeded(1000 + batch, () => options.inputs(batch));
  /** The same draws at every call, for layers that draw. */
  const call = (layer: LayerLike, inputs: readonly unknown[]) => seeded(7, () => layer(...inputs));
  const resultsOf = (layer: LayerLike, inputs: readonly unknown[]) =>
    tensorsIn(call(layer, inputs));
  const stateOf = async (layer: LayerLike) => {
    const state = layer.stateDict();
    const values = await numbersOf(Object.values(state));
    return new Map(Object.keys(state).map((key, i) => [key, values[i]]));
  };

  const checks: Check[] = [
    {
      name: "is a module",
      run() {
        const layer = layerOf();
        if (typeof layer !== "function" || !(MODULE in layer))
          fail(
            `${name} is not a module`,
            "Let the class extend Module of @dl/nn, and return new instances",
          );
      },
    },
    {
      name: "computes its example",
      async run() {
        const results = resultsOf(layerOf(), inputsOf(2));
        if (results.length === 0)
          fail(
            `${name}: there is no tensor in the result`,
            "Return a tensor, an array or an object of tensors",
          );
        for (const y of results)
          if (!isFinite(await numbers(y)))
            fail(
              `${name}: the result ${formatShape(y.shape)} is not finite`,
              "Look for divisions by 0 and for exp or log of extremes; detectAnomaly of @dl/autograd finds the op",
            );
      },
    },
    {
      name: "takes batches of 1 and of 3",
      run() {
        for (const mode of [true, false]) {
          const layer = layerOf();
          layer.train(mode);
          for (const batch of [1, 3]) {
            const error = caught(() => {
              for (const y of resultsOf(layer, inputsOf(batch))) {
                if (y.shape[batchDim] === batch) continue;
                fail(
                  `the result is ${formatShape(y.shape)}, dimension ${batchDim} has to be ${batch}`,
                  "Keep the dimension of samples, without squeeze() or flatten() over it, or say batchDim",
                );
              }
            });
            if (error)
              throw new Error(
                `${name}: a batch of ${batch} in ${mode ? "training" : "evaluation"}: ${error.message}`,
                { cause: error },
              );
          }
        }
      },
    },
    {
      name: "treats samples by themselves in evaluation",
      async run() {
        const layer = layerOf();
        layer.eval();
        const inputs = inputsOf(3);
        const whole = resultsOf(layer, inputs);
        for (let i = 0; i < 3; i++) {
          const one = inputs.map((x) =>
            isTensor(x) && x.shape[batchDim] === 3 ? x.narrow(batchDim, i, 1) : x,
          );
          const alone = resultsOf(layer, one);
          for (const [k, y] of alone.entries())
            expectSame(
              await numbers(whole[k].narrow(batchDim, i, 1)),
              await numbers(y),
              ROUNDING,
              `${name}: sample ${i} in a batch of 3, compared with itself alone`,
              `Reduce over the sample's own dimensions only, not over dimension ${batchDim}; statistics of a batch belong to training`,
            );
        }
      },
    },
    {
      name: "finds its parameters and buffers",
      run() {
        const layer = layerOf();
        const named = layer.namedParameters();
        for (const [key, p] of named)
          if (!(PARAMETER in p))
            fail(
              `${name}: ${key} is in namedParameters() but is no Parameter`,
              "Write new Parameter(tensor)",
            );
        const listed = layer.parameters();
        if (listed.length !== named.length || listed.some((p, i) => p !== named[i][1]))
          fail(
            `${name}: parameters() and namedParameters() differ`,
            "Do not override one of them: parameters in fields are found by themselves",
          );
        const { parameters } = options;
        const found = named.map(([key]) => key);
        if (parameters && found.join() !== [...parameters].join())
          fail(
            `${name}: the parameters are ${found.join(", ") || "none"}, expected ${[...parameters].join(", ") || "none"}`,
            "Each has to be a Parameter in a field of that name, or of a module in a field; #private fields, closures and arrays are not looked into",
          );
        for (const [path, module] of layer.namedModules())
          expectFieldsFound(name, path, module, layer);
      },
    },
    {
      name: "goes on from its state",
      async run() {
        const [first, second] = [layerOf(1), layerOf(2)];
        first.train();
        call(first, inputsOf(3)); // buffers move
        noGrad(() => scope(() => shift(first.parameters())));
        const { missing, unexpected } = differ(first.stateDict(), second.stateDict());
        if (missing.length + unexpected.length > 0)
          fail(
            `${name}: two layers made alike have different state: ${[...missing, ...unexpected].join(", ")}`,
            "Names and number of parameters must not depend on calls; make them in the constructor",
          );
        const own = second.parameters();
        second.loadStateDict(first.stateDict());
        if (second.parameters().some((p, i) => p !== own[i]))
          fail(
            `${name}: loadStateDict() has put other parameters in the place of the layer's own, which an optimizer may hold`,
            "It has to copy values into them: do not override it with assignments",
          );
        await expectEqualResults(first, second, "a layer that was given the state of another");
        const before = await stateOf(second);
        noGrad(() => scope(() => shift(first.parameters())));
        for (const [key, values] of await stateOf(second))
          expectSame(
            values,
            before.get(key)!,
            EXACT,
            `${name}: ${key} after the layer that the state came from has changed`,
            "loadStateDict() has to copy into the memory of the layer's own parameters",
          );
      },
    },
    {
      name: "goes into training and evaluation",
      run() {
        const layer = layerOf();
        for (const mode of [false, true]) {
          const returned = mode ? layer.train() : layer.eval();
          const word = mode ? "train()" : "eval()";
          for (const [path, module] of layer.namedModules())
            if (module.training !== mode)
              fail(
                `${name}: after ${word} ${path === "" ? "it" : path} has training = ${module.training}`,
                `Do not set training yourself, and call super.train(mode) where train is overridden`,
              );
          if (returned !== layer)
            fail(
              `${name}: ${word} does not return the layer`,
              "Return this, so that calls can be chained",
            );
        }
      },
    },
    {
      name: "is repeatable in evaluation",
      async run() {
        const layer = layerOf();
        layer.eval();
        const inputs = inputsOf(2);
        const state = await stateOf(layer);
        const first = await numbersOf(tensorsIn(seeded(1, () => layer(...inputs))));
        const second = await numbersOf(tensorsIn(seeded(2, () => layer(...inputs))));
        first.forEach((values, i) =>
          expectSame(
            second[i],
            values,
            EXACT,
            `${name}: a second call in evaluation`,
            "Draw random numbers, and change fields, only while this.training is true",
          ),
        );
        for (const [key, values] of await stateOf(layer))
          expectSame(
            values,
            state.get(key)!,
            EXACT,
            `${name}: ${key} after calls in evaluation`,
            "Update buffers only while this.training is true",
          );
      },
    },
    {
      name: "leaves its inputs alone",
      async run() {
        const layer = layerOf();
        const inputs = inputsOf(2);
        const before = await numbersOf(tensorsIn(inputs));
        call(layer, inputs);
        const after = await numbersOf(tensorsIn(inputs));
        before.forEach((values, i) =>
          expectSame(
            after[i],
            values,
            EXACT,
            `${name}: input ${i} after a call`,
            "Use the op without an underscore: it makes a new tensor",
          ),
        );
      },
    },
    {
      name: "has a gradient in every parameter",
      run() {
        const layer = layerOf();
        layer.train();
        scope(() => {
          const y = weighted(call(layer, inputsOf(3)));
          if (y.requiresGrad) y.backward();
        });
        for (const [key, p] of layer.namedParameters())
          if (p.requiresGrad && !p.grad)
            fail(
              `${name}: ${key} gets no gradient`,
              "Use it in forward(), by ops on tensors: data(), item(), detach() and noGrad() cut it off. What is not learnt is a buffer: this.registerBuffer(name, tensor)",
            );
      },
    },
    {
      name: "has the gradients of its differences",
      async run() {
        const layer = layerOf();
        const dtype = options.dtype ?? (getBackend().dtypes.has("float64") ? "float64" : "float32");
        if (dtype === "float64") layer.to("float64");
        const args = leaves(inputsOf(3), dtype, options.differentiable);
        const inputs = [
          ...args.flatMap((x, i) =>
            isTensor(x) && x.requiresGrad ? [{ name: `input ${i}`, tensor: x }] : [],
          ),
          ...layer
            .namedParameters()
            .filter(([, p]) => p.requiresGrad)
            .map(([key, p]) => ({ name: key, tensor: p })),
        ];
        if (inputs.length === 0) return;
        const buffers = layer.namedBuffers().map(([, b]) => ({ b, start: b.detach().clone() }));
        for (const mode of [true, false]) {
          layer.train(mode);
          const evaluate = () => {
            noGrad(() => {
              for (const { b, start } of buffers) b.copy_(start);
            });
            const y = weighted(call(layer, args));
            if (y.dtype !== dtype)
              fail(
                `${name}: inputs and parameters are ${dtype}, the result is ${y.dtype}`,
                'Make constants with the dtype of the input, zeros(n, { dtype: x.dtype }), or say dtype: "float32" to the suite',
              );
            return y;
          };
          const what = `${name} in ${mode ? "training" : "evaluation"}`;
          await expectGradients(what, evaluate, inputs, dtype, options.tolerance);
        }
      },
    },
    {
      name: "leaves no buffers behind",
      run() {
        const remedy =
          "What forward() makes is released when it returns, unless a field, a closure or keep() holds on to it";
        for (const mode of [true, false]) {
          const layer = layerOf();
          layer.train(mode);
          const inputs = inputsOf(3);
          const what = `${name} in ${mode ? "training" : "evaluation"}`;
          expectNothingLeft(what, () => void call(layer, inputs), remedy);
          expectNothingLeft(
            `${what}, with a backward pass`,
            () => {
              const y = weighted(call(layer, inputs));
              if (y.requiresGrad) y.backward();
              for (const p of layer.parameters()) {
                p.grad?.dispose();
                p.grad = null;
              }
            },
            remedy,
          );
        }
      },
    },
  ];
  if (misfit)
    checks.push({
      name: "names itself when inputs do not fit",
      async run() {
        const layer = layerOf();
        const inputs = misfit();
        const shapes = tensorsIn(inputs).map((t) => formatShape(t.shape));
        const error = await errorOf(() => layer(...inputs));
        if (!error)
          fail(
            `${name}: nothing is thrown for inputs ${shapes.join(", ")}, which do not fit`,
            "Compare the input's shape with what the layer was made for, and throw a ShapeError",
          );
        const type = (layer as { constructor: { name: string } }).constructor.name;
        if (!error.message.includes(type))
          fail(
            `${name}: the error for inputs that do not fit does not name ${type}: "${error.message}"`,
            "Throw a ShapeError or DlError of @dl/tensor: modules put their name before its message",
          );
      },
    });
  return checks;

  async function expectEqualResults(a: LayerLike, b: LayerLike, what: string): Promise<void> {
    a.eval();
    b.eval();
    const inputs = inputsOf(3);
    const [expected, actual] = [resultsOf(a, inputs), resultsOf(b, inputs)];
    for (const [i, y] of actual.entries())
      expectSame(
        await numbers(y),
        await numbers(expected[i]),
        EXACT,
        `${name}: the result of ${what}`,
        "All that results depend on has to be in the state: Parameters, and buffers that this.registerBuffer(name, tensor) made",
      );
  }
}

/** No tensor in a field that the module does not know about. */
function expectFieldsFound(name: string, path: string, module: object, root: LayerLike): void {
  const known = new Set<unknown>([
    ...root.namedParameters().map(([, p]) => p),
    ...root.namedBuffers().map(([, b]) => b),
  ]);
  for (const [field, value] of Object.entries(module)) {
    const where = `${name}: the field ${path === "" ? field : `${path}.${field}`}`;
    if (isTensor(value) && !known.has(value))
      fail(
        `${where} is a tensor ${formatShape(value.shape)} that is neither a parameter nor a buffer, so it is not saved, moved or learnt`,
        `Write new Parameter(tensor) if it is learnt, this.registerBuffer("${field}", tensor) if not`,
      );
    if (!Array.isArray(value)) continue;
    if (value.some((x) => isTensor(x) && !known.has(x)))
      fail(
        `${where} is a plain array of tensors, which is not looked into`,
        "Write new ParameterList([...])",
      );
    if (value.some((x) => typeof x === "function" && MODULE in x))
      fail(
        `${where} is a plain array of modules, which is not looked into`,
        "Write new ModuleList([...])",
      );
  }
}

/** So that what is loaded differs from what any seed gives. */
function shift(parameters: readonly Tensor[]): void {
  for (const p of parameters) if (isFloating(p.dtype)) p.mul_(0.9).add_(0.05);
}

const differ = (a: object, b: object) => ({
  missing: Object.keys(a).filter((key) => !(key in b)),
  unexpected: Object.keys(b).filter((key) => !(key in a)),
});

function caught(fn: () => void): Error | undefined {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

/** The cases of `tests/parity/fixtures/` by the names that they exercise, and how to run one once more, in float64. */
import { readdirSync } from "node:fs";
import * as losses from "@dl/losses";
import * as nn from "@dl/nn";
import * as F from "@dl/nn/functional";
import * as T from "@dl/tensor";
import { isFloating, type Tensor } from "@dl/tensor";
import { type Call, functionOf, methodOf, substitute } from "../../tests/parity/call.ts";
import {
  type FixtureTensor,
  fixture,
  isFixtureTensor,
  revive,
  reviveOptions,
  toTensor,
} from "../../tests/parity/fixture.ts";
import { flatTensors, type ModuleCase } from "../../tests/parity/module.ts";
import { argumentsOf, type OpCase } from "../../tests/parity/op.ts";

/** What is differentiated, and what it gives. `forward` may be called again after the leaves have changed. */
export interface Trial {
  readonly leaves: readonly Tensor[];
  readonly forward: () => Tensor[];
}
export interface Replay {
  readonly fixture: string;
  readonly names: readonly string[];
  /** Absent where there is nothing to differentiate. */
  readonly start?: () => Trial;
  /** How many numbers go in. */
  readonly size: number;
  /** PyTorch has a gradient here. */
  readonly hasGradient: boolean;
}

type Json = Record<string, any>;
type Fn = (...x: unknown[]) => unknown;
type Reader = (c: Json) => Omit<Replay, "fixture" | "size" | "hasGradient">;

/** Every float32 tensor of a case as float64. */
function inDouble<X>(x: X): X {
  if (Array.isArray(x)) return x.map(inDouble) as X;
  if (isFixtureTensor(x)) return { ...x, dtype: x.dtype === "float32" ? "float64" : x.dtype };
  if (x === null || typeof x !== "object") return x;
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, inDouble(v)])) as X;
}
const tensorsIn = (x: unknown): FixtureTensor[] =>
  isFixtureTensor(x)
    ? [x]
    : x !== null && typeof x === "object"
      ? Object.values(x).flatMap(tensorsIn)
      : [];

/** Of these, the ones to differentiate with respect to: where PyTorch has a gradient, else all that could have one. */
function leavesOf(tensors: readonly Tensor[], grads: readonly unknown[] = []): Tensor[] {
  const some = grads.some((g) => g !== null);
  return tensors
    .filter((t, i) => isFloating(t.dtype) && (!some || grads[i]))
    .map((t) => t.requiresGrad_());
}
/** A leaf cannot be written in place; a copy can. */
const writable = (name: string, xs: readonly Tensor[]) =>
  name.endsWith("_") ? xs.map((x) => x.clone()) : [...xs];

const readOp: Reader = (c) => ({
  names: [`torch.${c.op}`],
  start: () => {
    const inputs = (c.inputs as FixtureTensor[]).map((x) => toTensor(x));
    const leaves = leavesOf(inputs, c.grads);
    const forward = () => {
      const [first, ...rest] = argumentsOf(c as OpCase, writable(c.op, inputs));
      const result =
        c.call === "method"
          ? (first as Record<string, Fn>)[c.op](...rest)
          : (T as unknown as Record<string, Fn>)[c.op](first, ...rest);
      return flatTensors(result);
    };
    return { leaves, forward };
  },
});
/** Of their matrix they read one triangle, but PyTorch's gradient is symmetric. */
const SYMMETRIC = /^linalg\.(eigh|eigvalsh|cholesky)|^cholesky$/;
const readCall: Reader = (c) => ({
  names: [`torch.${c.op}`],
  start: () => {
    const inputs = (c.inputs as FixtureTensor[]).map((x) => toTensor(x));
    const leaves = leavesOf(inputs, c.grads);
    const forward = () => {
      const given = writable(c.op, inputs);
      if (SYMMETRIC.test(c.op)) given[0] = given[0].add(given[0].transpose(-2, -1)).div(2);
      const args = c.args.map((x: unknown) => substitute(x, given));
      if (c.options)
        args.push(
          Object.fromEntries(Object.entries(c.options).map(([k, v]) => [k, substitute(v, given)])),
        );
      const fn = functionOf(c.op);
      return flatTensors(fn ? fn(...args) : methodOf(c as Call)!.apply(args[0], args.slice(1)));
    };
    return { leaves, forward };
  },
});
const readFunction: Reader = (c) => ({
  names: [`functional.${c.fn}`],
  start: () => {
    const tensors = Object.entries((c.tensors ?? {}) as Record<string, FixtureTensor>);
    const inputs = [...c.inputs, ...tensors.map(([, t]) => t)].map((x) => toTensor(x));
    const leaves = leavesOf(inputs, c.grads);
    const forward = () => {
      const given = writable(c.fn, inputs);
      const count = c.inputs.length;
      const options = {
        ...reviveOptions(c.options),
        ...Object.fromEntries(tensors.map(([k], i) => [k, given[count + i]])),
      };
      const last = Object.keys(options).length > 0 ? [options] : [];
      return flatTensors(
        (F as unknown as Record<string, Fn>)[c.fn](
          ...given.slice(0, count),
          ...c.args.map(revive),
          ...last,
        ),
      );
    };
    return { leaves, forward };
  },
});
const readAttention: Reader = (c) =>
  readFunction({
    ...c,
    fn: "scaledDotProductAttention",
    args: [],
    inputs: c.inputs.slice(0, 3),
    tensors: c.inputs[3] ? { attnMask: c.inputs[3] } : {},
  });

type Classes = Readonly<Record<string, new (...x: unknown[]) => nn.Module>>;
const classes = nn as unknown as Classes;
/** A stack is made of a layer, which a fixture cannot hold. */
function make(name: string, args: unknown[], options: Json | undefined): nn.Module {
  const stack = { EncoderStack: "TransformerEncoder", DecoderStack: "TransformerDecoder" }[name];
  if (!stack) return new classes[name](...args, ...(options ? [options] : []));
  const [dModel, heads, count] = args as number[];
  const { norm, ...rest } = options ?? {};
  const layer = new classes[`${stack}Layer`](dModel, heads, rest);
  return new classes[stack](layer, count, { norm: norm ? new nn.LayerNorm(dModel) : null });
}
const readModule: Reader = (c) => ({
  names: [`nn.${c.module.replace(/^(En|De)coderStack$/, "Transformer$1coder")}`],
  start: () => {
    const { args, options, state, inputs, call, grads, training } = c as ModuleCase;
    const hasOptions = Object.keys(options).length > 0;
    const layer = make(c.module, args.map(revive), hasOptions ? reviveOptions(options) : undefined);
    layer.to("float64").train(training ?? true);
    const values = Object.entries(state).map(([k, v]) => [k, toTensor(v)]);
    layer.loadStateDict({ ...layer.stateDict(), ...Object.fromEntries(values) });
    const shaped = (x: unknown): unknown =>
      isFixtureTensor(x) ? toTensor(x) : (x as unknown[]).map(shaped);
    const given = inputs.map(shaped);
    const wanted = flatTensors(given).filter((t, i) => isFloating(t.dtype) && grads[i]);
    const leaves = [
      ...wanted.map((t) => t.requiresGrad_()),
      ...layer.parameters().filter((p) => p.requiresGrad),
    ];
    const asked = reviveOptions(call);
    const forward = () =>
      flatTensors((layer as unknown as Fn)(...given, ...(asked ? [asked] : [])));
    return { leaves, forward };
  },
});

/** `mseLoss` is `MSELoss` as a class; two have other names. */
const LOSSES: Readonly<Record<string, string>> = {
  binaryCrossEntropy: "BCELoss",
  binaryCrossEntropyWithLogits: "BCEWithLogitsLoss",
};
const lossClass = (name: string) =>
  LOSSES[name] ??
  Object.keys(losses).find(
    (k) =>
      /^[A-Z]/.test(k) && [name, `${name}Loss`].some((n) => n.toLowerCase() === k.toLowerCase()),
  );
const readLoss: Reader = (c) => ({
  names: [`losses.${c.loss}`, ...(c.functional ? [] : [`losses.${lossClass(c.loss)}`])],
  start: () => {
    const inputs = c.inputs.map(revive) as unknown[];
    const places = c.grads.flatMap((g: unknown, i: number) => (g ? [i] : [])) as number[];
    const leaves = leavesOf(places.map((i) => inputs[i] as Tensor));
    const { distanceFunction, ...options } = reviveOptions(c.options)!;
    const distance = distanceFunction ? { distanceFunction: manhattan } : {};
    const forward = () => {
      const [first, ...rest] = inputs as Tensor[];
      // The gradient of PyTorch's CTC takes for granted that logSoftmax comes before.
      const isPrepared = c.before || c.loss === "ctcLoss";
      const operands = [isPrepared ? first.logSoftmax(-1) : first, ...rest];
      return flatTensors(
        (losses as unknown as Record<string, Fn>)[c.loss](...operands, { ...options, ...distance }),
      );
    };
    return { leaves, forward };
  },
});
const manhattan = (a: Tensor, b: Tensor) => a.sub(b).abs().sum(-1);

/** Nothing to run again: these are only counted. */
const counted =
  (names: (c: Json) => string[]): Reader =>
  (c) => ({ names: [...new Set(names(c))] });
const schedulersIn = (x: unknown): string[] =>
  x === null || typeof x !== "object"
    ? []
    : [
        ...("scheduler" in x && typeof x.scheduler === "string" ? [`optim.${x.scheduler}`] : []),
        ...Object.values(x).flatMap(schedulersIn),
      ];
const AVERAGES: Readonly<Record<string, string[]>> = {
  swa: [],
  swaFn: ["optim.getSwaAvgFn"],
  swaMulti: ["optim.getSwaMultiAvgFn"],
  ema: ["optim.getEmaAvgFn"],
  emaMulti: ["optim.getEmaMultiAvgFn"],
};
const UTILS: Readonly<Record<string, (c: Json) => string[]>> = {
  clipNorm: () => ["clipGradNorm_", "getTotalNorm"],
  clipValue: () => ["clipGradValue_"],
  vector: () => ["parametersToVector", "vectorToParameters"],
  derived: (c) => [...c.steps, c.remove].map((step) => step.fn),
  fusion: (c) => [c.module === "Linear" ? "fuseLinearBnEval" : "fuseConvBnEval"],
};
const SEQUENCES: Readonly<Record<string, string[]>> = {
  pad: ["padSequence", "packSequence", "unpackSequence", "PackedSequence"],
  pack: ["packPaddedSequence", "padPackedSequence", "PackedSequence"],
};

const readOptimizer = counted((c) =>
  c.optimizer
    ? [`optim.${c.optimizer}`]
    : c.lbfgs
      ? ["optim.LBFGS"]
      : c.average
        ? ["optim.AveragedModel", "optim.updateBn", ...(AVERAGES[c.average.split(" ")[0]] ?? [])]
        : schedulersIn(c),
);
const readPacked: Reader = (c) =>
  c.module
    ? { names: [`nn.${c.module}`, "utils.rnn.packPaddedSequence", "utils.rnn.padPackedSequence"] }
    : { names: SEQUENCES[c.kind].map((n) => `utils.rnn.${n}`) };
/** Hooks are methods of modules, which are counted by their tests. */
const MACHINERY: Readonly<Record<string, (c: Json) => string[]>> = {
  hooks: () => [],
  call: () => ["functionalCall"],
  oldNorm: () => ["parametrizations.weightNorm"],
  global: (c) => ["prune.globalUnstructured", `prune.${c.method}`, "prune.customFromMask"],
  method: (c) => [`prune.${c.method}`, "prune.BasePruningMethod"],
  container: (c) => [
    "prune.PruningContainer",
    ...c.methods.map(([name]: [string]) => `prune.${name}`),
  ],
};
const LEFTOVERS: Readonly<Record<string, (c: Json) => string[]>> = {
  properties: (c) => Object.keys(c.values).map((name) => `torch.${name}`),
  promote: () => ["torch.promoteTypes"],
  broadcast: () => ["torch.broadcastShapes"],
  invert: () => ["utils.rnn.invertPermutation"],
  attention: () => ["functional.multiHeadAttentionForward"],
  clip: () => ["utils.clipGradsWithNorm_"],
  fused: (c) => [`utils.${c.fn}`],
};
const READERS: Readonly<Record<string, Reader>> = {
  machinery: counted((c) => MACHINERY[c.kind](c).map((n) => `utils.${n}`)),
  leftovers: (c) => (c.kind === "pool" ? readFunction(c) : counted(LEFTOVERS[c.kind])(c)),
  linearCrossEntropy: (c) => ({
    ...readFunction(c),
    names: ["functional.linearCrossEntropy", "nn.LinearCrossEntropyLoss"],
  }),
  ops: readOp,
  functional: readFunction,
  resample: readFunction,
  attention: readAttention,
  losses: readLoss,
  criteria: readLoss,
  random: counted((c) => c.calls.map((x: Json) => `torch.${x.fn.replace("Tensor_", "_")}`)),
  init: counted((c) => [`init.${c.fn ?? "calculateGain"}`]),
  optim: readOptimizer,
  schedulers: counted(schedulersIn),
  nnutils: counted((c) => UTILS[c.kind](c).map((n) => `utils.${n}`)),
  packed: readPacked,
  lowrank: counted((c) => [`torch.${c.name}`]),
  initial: counted((c) => [`nn.${c.module}`]),
  fresh: counted((c) => [`nn.${c.module}`]),
  convInit: counted((c) => [`nn.${c.module}`]),
};
/** A section that is new is recognised by its cases. */
function readerOf(name: string, c: Json): Reader | undefined {
  if (READERS[name]) return READERS[name];
  if (c.module && c.parameterGrads) return readModule;
  if (c.op) return c.call ? readOp : readCall;
  return c.fn && c.outputs ? readFunction : undefined;
}

/** All cases of all fixtures. Those of whole models exercise no single name, and are left out. */
export function* replays(): Generator<Replay> {
  const folder = new URL("../../tests/parity/fixtures/", import.meta.url);
  for (const file of readdirSync(folder)
    .filter((f) => f.endsWith(".json"))
    .sort()) {
    const name = file.replace(/\.json$/, "");
    const content = fixture<Json | Json[]>(name);
    for (const c of Array.isArray(content) ? content : Object.values(content).flat()) {
      const reader = c !== null && typeof c === "object" ? readerOf(name, c) : undefined;
      if (!reader) continue;
      const numbers = tensorsIn([c.inputs, c.state]).map((t) => t.shape.reduce((a, b) => a * b, 1));
      const size = numbers.reduce((a, b) => a + b, 0);
      const hasGradient = [...(c.grads ?? []), ...Object.values(c.parameterGrads ?? {})].some(
        (g) => g !== null,
      );
      const { names, start } = reader(c);
      yield {
        fixture: name,
        names,
        size,
        hasGradient,
        start: start && (() => reader(inDouble(c)).start!()),
      };
    }
  }
}

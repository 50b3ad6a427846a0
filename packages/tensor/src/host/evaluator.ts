/**
 * Programs, evaluated node by node over blocks of elements: each node has a register (an array of BLOCK numbers of the
 * compute type, so that every intermediate result is rounded to it), and a loop that fills it from its operands'.
 * Nothing is compiled, so it works where pages forbid `eval`; interpretation costs a call per node and block.
 */
import type { ComputeType } from "../dtype.ts";
import type { BinaryOp, BitOp, CompareOp, Expr, MaskOp, UnaryOp } from "../expr.ts";
import type { Program } from "../program.ts";
import { binaryFunctions, bitFunctions, powInt32, unaryFunctions } from "./functions.ts";
import { toInt32 } from "./transfer.ts";

/** So many elements are worked on at a time: enough to hide what a block costs, few enough to stay in the cache. */
export const BLOCK = 512;

type Register = Float32Array | Float64Array | Int32Array | Uint8Array;
/** Fills a register for the first n elements of the block. */
type Step = (n: number) => void;

export interface Evaluator {
  /** One per operand, to be filled by the caller; then one per position axis. */
  readonly inputs: readonly Register[];
  readonly axes: readonly Register[];
  /** One per expression. Masks are 0 or 1. */
  readonly outputs: readonly Register[];
  /** Once per call. */
  setScalars(values: readonly number[]): void;
  /** Once per block. */
  run(n: number): void;
}

const REGISTERS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;
const cache = new Map<string, Evaluator>();

export function evaluatorFor(program: Program, type: ComputeType): Evaluator {
  const key = `${program.id} ${type}`;
  let made = cache.get(key);
  if (!made) {
    made = makeEvaluator(program, type);
    cache.set(key, made);
  }
  return made;
}

function makeEvaluator(program: Program, type: ComputeType): Evaluator {
  const registers = new Map<Expr, Register>();
  const number = () => new REGISTERS[type](BLOCK);
  const inputs = Array.from({ length: program.inputs }, number);
  const axes = program.axes.map(number);
  const convert = (value: number) => (type === "int32" ? toInt32(value) : value);
  const scalars: [Register, number][] = [];
  const steps: Step[] = [];
  for (const e of program.order) {
    const args = e.args.map((a) => registers.get(a)!);
    let register: Register;
    if (e.op === "input") register = inputs[e.value];
    else if (e.op === "index") register = axes[program.axes.indexOf(e.value)];
    else {
      register = e.isMask ? new Uint8Array(BLOCK) : number();
      if (e.op === "const") register.fill(convert(e.value));
      else if (e.op === "scalar") scalars.push([register, e.value]);
      else steps.push(stepFor(e, register, args, type));
    }
    registers.set(e, register);
  }
  return {
    inputs,
    axes,
    outputs: program.exprs.map((e) => registers.get(e)!),
    setScalars(values) {
      for (const [register, i] of scalars) register.fill(convert(values[i]));
    },
    run(n) {
      for (const step of steps) step(n);
    },
  };
}

function stepFor({ op }: Expr, to: Register, args: readonly Register[], type: ComputeType): Step {
  const [a, b, c] = args;
  if (op === "select") {
    return (n) => {
      for (let i = 0; i < n; i++) to[i] = a[i] ? b[i] : c[i];
    };
  }
  if (op === "cast") {
    return (n) => {
      for (let i = 0; i < n; i++) to[i] = a[i];
    };
  }
  if (op in LOOPS) {
    const loop = (
      op === "mul" && type === "int32" ? multiplyInt : LOOPS[op as keyof typeof LOOPS]
    ) as Loop;
    return (n) => loop(to, a, b, n);
  }
  const ofTwo = op in bitFunctions ? bitFunctions[op as BitOp] : binaryFunctions[op as BinaryOp];
  if (ofTwo) {
    // A double does not hold the low bits of a large power.
    const f = op === "pow" && type === "int32" ? powInt32 : ofTwo;
    return (n) => {
      for (let i = 0; i < n; i++) to[i] = f(a[i], b[i]);
    };
  }
  const f = unaryFunctions[op as UnaryOp];
  return (n) => {
    for (let i = 0; i < n; i++) to[i] = f(a[i]);
  };
}

type Loop = (to: Register, a: Register, b: Register, n: number) => void;

/** Storing into Int32Array wraps and truncates, but the double product of two integers may have lost its low bits. */
const multiplyInt: Loop = (to, a, b, n) => {
  for (let i = 0; i < n; i++) to[i] = Math.imul(a[i], b[i]);
};

/** The frequent ones, each a loop of its own, which the engine compiles better than a call per element. */
const LOOPS: { readonly [P in BinaryOp | CompareOp | MaskOp | UnaryOp]?: Loop } = {
  neg(to, a, _, n) {
    for (let i = 0; i < n; i++) to[i] = -a[i];
  },
  add(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] + b[i];
  },
  sub(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] - b[i];
  },
  mul(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] * b[i];
  },
  div(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] / b[i];
  },
  lt(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] < b[i] ? 1 : 0;
  },
  le(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] <= b[i] ? 1 : 0;
  },
  eq(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] === b[i] ? 1 : 0;
  },
  and(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] & b[i];
  },
  or(to, a, b, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] | b[i];
  },
  not(to, a, _, n) {
    for (let i = 0; i < n; i++) to[i] = a[i] ^ 1;
  },
};

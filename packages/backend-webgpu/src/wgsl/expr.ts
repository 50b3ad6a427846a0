/** An expression as WGSL: a `let` per node, in the type that the kernel computes in. */
import type {
  BinaryOp,
  BitOp,
  CompareOp,
  ComputeType,
  Expr,
  MaskOp,
  Program,
  UnaryOp,
} from "@dl/tensor/core";
import { float } from "./functions.ts";

/** float32 or int32: this backend has no float64. */
export type Type = "f32" | "i32";
export const typeOf = (compute: ComputeType): Type => (compute === "int32" ? "i32" : "f32");

/** Values of leaves other than constants, as WGSL expressions of the kernel's type. */
export interface Leaves {
  input(i: number): string;
  scalar(i: number): string;
  /** Position along a loop axis. */
  index(axis: number): string;
}

const call = (name: string) => (x: string) => `${name}(${x})`;
const UNARY: Readonly<Record<UnaryOp, (x: string) => string>> = {
  neg: (x) => `-${x}`,
  abs: call("abs"),
  sign: call("signOf"),
  floor: call("floorOf"),
  ceil: call("ceilOf"),
  round: call("round"),
  trunc: call("trunc"),
  sqrt: call("sqrtOf"),
  exp: call("expOf"),
  expm1: call("expm1"),
  log: call("logOf"),
  log1p: call("log1p"),
  sigmoid: call("sigmoid"),
  tanh: call("tanhOf"),
  erf: call("erf"),
  sin: call("sinOf"),
  cos: call("cosOf"),
  tan: call("tanOf"),
  asin: call("asinOf"),
  acos: call("acosOf"),
  atan: call("atanOf"),
  sinh: call("sinhOf"),
  cosh: call("coshOf"),
  asinh: call("asinhOf"),
  acosh: call("acoshOf"),
  atanh: call("atanhOf"),
};

type Binary = (a: string, b: string) => string;
const infix =
  (op: string): Binary =>
  (a, b) =>
    `(${a} ${op} ${b})`;
const call2 =
  (name: string): Binary =>
  (a, b) =>
    `${name}(${a}, ${b})`;
const BINARY: Readonly<Record<BinaryOp, Binary>> = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  pow: call2("powOf"),
  rem: call2("remOf"),
  max: call2("larger"),
  min: call2("smaller"),
  atan2: call2("atan2Of"),
};
const COMPARE: Readonly<Record<CompareOp, Binary>> = {
  lt: call2("less"),
  le: call2("lessEqual"),
  eq: call2("equal"),
};
const MASK: Readonly<Record<MaskOp, Binary>> = {
  and: infix("&"),
  or: infix("|"),
  not: (a) => `!${a}`,
};

/** Of integers: what differs from the above. Anything else is computed in float32 and converted. */
const INTEGER: { readonly [op: string]: Binary } = {
  neg: (a) => `(0i - ${a})`,
  abs: (a) => `abs(${a})`,
  sign: (a) => `sign(${a})`,
  floor: (a) => a,
  ceil: (a) => a,
  round: (a) => a,
  trunc: (a) => a,
  add: BINARY.add,
  sub: BINARY.sub,
  mul: BINARY.mul,
  div: call2("divInt"),
  rem: call2("remInt"),
  pow: call2("powInt"),
  max: call2("max"),
  min: call2("min"),
  lt: infix("<"),
  le: infix("<="),
  eq: infix("=="),
};

const BITS: Readonly<Record<BitOp, Binary>> = {
  bitAnd: infix("&"),
  bitOr: infix("|"),
  bitXor: infix("^"),
  bitShl: call2("shiftLeft"),
  bitShr: call2("shiftRight"),
};

/** Rounded towards zero and clamped, as every backend does it. */
export const toInt32 = (x: number): number => Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1) | 0;

export function literal(value: number, type: Type): string {
  if (type === "i32") {
    const i = toInt32(value);
    return i === -2147483648 ? "bitcast<i32>(0x80000000u)" : `${i}i`;
  }
  const f = Math.fround(value);
  if (Number.isNaN(f)) return "nan()";
  if (!Number.isFinite(f)) return f > 0 ? "inf()" : "(-inf())";
  // A subnormal literal may be read as 0; its bits are not.
  if (f !== 0 && Math.abs(f) < 2 ** -126) return `bitcast<f32>(${bitsOf(f) >>> 0}u)`;
  return f < 0 ? `(${float(f)})` : float(f);
}
const SCRATCH = new Float32Array(1);
const SCRATCH_BITS = new Int32Array(SCRATCH.buffer);
/** The bits of a float32 number, as a 32-bit integer. */
export function bitsOf(value: number): number {
  SCRATCH[0] = value;
  return SCRATCH_BITS[0];
}

/** Statements, and the name of each result: a number of the given type, or a bool where the expression is a mask. */
export function lower(
  program: Program,
  type: Type,
  leaves: Leaves,
): { statements: string; results: string[] } {
  const names = new Map<Expr, string>();
  const lines: string[] = [];
  for (const e of program.order) {
    const text = valueOf(
      e,
      e.args.map((a) => names.get(a)!),
      type,
      leaves,
    );
    if (e.op === "const" || e.op === "scalar") names.set(e, text);
    else {
      const name = `v${lines.length}`;
      lines.push(`let ${name} = ${text};`);
      names.set(e, name);
    }
  }
  return { statements: lines.join("\n"), results: program.exprs.map((e) => names.get(e)!) };
}

function valueOf(e: Expr, args: readonly string[], type: Type, leaves: Leaves): string {
  const op: string = e.op;
  const [a, b, c] = args;
  if (op === "input") return leaves.input(e.value);
  if (op === "scalar") return leaves.scalar(e.value);
  if (op === "index") return `${type}(${leaves.index(e.value)})`;
  if (op === "const") return literal(e.value, type);
  if (op === "select") return `select(${c}, ${b}, ${a})`;
  if (op === "cast") return `${type}(${a})`;
  if (op in MASK) return MASK[op as MaskOp](a, b);
  if (op in BITS) {
    const f = BITS[op as BitOp];
    return type === "i32" ? f(a, b) : `f32(${f(`toInt(${a})`, `toInt(${b})`)})`;
  }
  if (type === "i32" && op in INTEGER) return INTEGER[op](a, b);
  if (op in COMPARE) return compare(e, args);
  const certain = certainUnlessSpecial(e, args);
  if (certain) return certain;
  const f = (op in BINARY ? BINARY[op as BinaryOp] : UNARY[op as UnaryOp]) as Binary;
  if (type === "f32") return f(a, b);
  return `toInt(${f(`f32(${a})`, b === undefined ? "" : `f32(${b})`)})`;
}

/**
 * x · 0, x − x, x / x and 0 / x. Compilers make a constant of them, which holds unless x is NaN, infinite, or a divisor
 * that is 0; then it is NaN.
 */
function certainUnlessSpecial(e: Expr, [a, b]: readonly string[]): string | null {
  const [x, y] = e.args;
  const isZero = (arg: Expr | undefined) => arg?.op === "const" && arg.value === 0;
  if (e.op === "mul" && (isZero(x) || isZero(y))) return `zeroTimes(${isZero(x) ? b : a})`;
  if (e.op === "sub" && x === y) return `zeroTimes(${a})`;
  if (e.op === "div" && x === y) return `overItself(${a})`;
  if (e.op === "div" && isZero(x)) return `zeroOver(${b})`;
  return null;
}

/** A finite constant needs no look at whether it is NaN; a number is itself unless it is NaN. */
function compare(e: Expr, [a, b]: readonly string[]): string {
  if (e.op === "eq" && e.args[0] === e.args[1]) return `!isNaN(${a})`;
  const known = e.args.findIndex((x) => x.op === "const" && Number.isFinite(x.value));
  if (known < 0) return COMPARE[e.op as CompareOp](a, b);
  const sign = { lt: "<", le: "<=", eq: "==" }[e.op as CompareOp];
  return `(${a} ${sign} ${b} && !isNaN(${known === 0 ? b : a}))`;
}

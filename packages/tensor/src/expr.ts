/**
 * Expr: the small language of elementwise work. A kernel's body is an Expr; so is its gradient.
 *
 * Nodes are hash-consed: equal expressions are the same object, so `a === b` is structural equality and common
 * subexpressions are shared for free. An Expr has no dtype: a kernel computes in one type (see `computeType`), converts
 * operands when it loads them and results when it stores them. A node is either a number or a mask (a truth value);
 * comparisons make masks, `select` wants one, `cast` turns one into 0 or 1, and a mask that is stored becomes 0 or 1.
 *
 * In int32, add, sub and mul wrap, `div` truncates towards zero (x / 0 is 0) and `rem` takes the sign of the dividend. Bit
 * operations are for int32 kernels alone: numbers of 32 bits in two's complement.
 */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "sqrt"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sigmoid"
  | "tanh"
  | "erf"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "asinh"
  | "acosh"
  | "atanh";
export type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "rem" | "max" | "min" | "atan2";
/** Shifts take the distance modulo 32; a shift to the right brings the sign in. */
export type BitOp = "bitAnd" | "bitOr" | "bitXor" | "bitShl" | "bitShr";
export type CompareOp = "lt" | "le" | "eq";
export type MaskOp = "and" | "or" | "not";
/** Operand i, a number, run-time scalar i, position along loop axis i. */
export type LeafOp = "input" | "const" | "scalar" | "index";
export type ExprOp = LeafOp | UnaryOp | BinaryOp | BitOp | CompareOp | MaskOp | "select" | "cast";

export interface Expr {
  readonly id: number;
  readonly op: ExprOp;
  readonly args: readonly Expr[];
  /** Of a leaf: the number, or which operand, scalar or axis. */
  readonly value: number;
  readonly isMask: boolean;
}

const MASKS = new Set<ExprOp>(["lt", "le", "eq", "and", "or", "not"]);
const table = new Map<string, Expr>();

function node(op: ExprOp, args: readonly Expr[], value = 0): Expr {
  let key = `${op} ${Object.is(value, -0) ? "-0" : value}`;
  for (const a of args) key += ` ${a.id}`;
  let e = table.get(key);
  if (!e) {
    const isMask = MASKS.has(op) || (op === "select" && args[1].isMask);
    e = { id: table.size, op, args, value, isMask };
    table.set(key, e);
  }
  return e;
}

/** A number stands for a constant wherever an expression is expected. */
export type ExprLike = Expr | number;

export const constant = (value: number): Expr => node("const", [], value);
export const input = (i: number): Expr => node("input", [], i);
export const scalar = (i: number): Expr => node("scalar", [], i);
/** The position along `axis` of the kernel's loop, from 0. */
export const index = (axis: number): Expr => node("index", [], axis);

const lift = (x: ExprLike): Expr => (typeof x === "number" ? constant(x) : x);
/** A mask where a number is wanted counts as 0 or 1; a number where a mask is wanted is true unless it is 0. */
const number = (x: ExprLike): Expr => {
  const e = lift(x);
  return e.isMask ? node("cast", [e]) : e;
};
const mask = (x: ExprLike): Expr => {
  const e = lift(x);
  return e.isMask ? e : not(eq(e, 0));
};
const isConst = (e: Expr, value: number) => e.op === "const" && e.value === value;

// Only identities that hold for every IEEE value (NaN, infinities, minus zero up to its sign) are applied: 0 · x is not
// one of them. Constants are not folded: float32 and float64 kernels would round differently.

const unary =
  (op: UnaryOp) =>
  (x: ExprLike): Expr =>
    node(op, [number(x)]);
const ordered =
  (op: BinaryOp | BitOp | CompareOp) =>
  (x: ExprLike, y: ExprLike): Expr =>
    node(op, [number(x), number(y)]);
const commutative =
  (op: BinaryOp | BitOp | CompareOp) =>
  (x: ExprLike, y: ExprLike): Expr => {
    const a = number(x);
    const b = number(y);
    return a.id <= b.id ? node(op, [a, b]) : node(op, [b, a]);
  };

export function neg(x: ExprLike): Expr {
  const a = number(x);
  if (a.op === "const") return constant(-a.value);
  return a.op === "neg" ? a.args[0] : node("neg", [a]);
}
const plainAdd = commutative("add");
export function add(x: ExprLike, y: ExprLike): Expr {
  const a = number(x);
  const b = number(y);
  if (isConst(a, 0)) return b;
  if (isConst(b, 0)) return a;
  if (b.op === "neg") return sub(a, b.args[0]);
  if (a.op === "neg") return sub(b, a.args[0]);
  return plainAdd(a, b);
}
export function sub(x: ExprLike, y: ExprLike): Expr {
  const a = number(x);
  const b = number(y);
  if (isConst(b, 0)) return a;
  if (isConst(a, 0)) return neg(b);
  if (b.op === "neg") return add(a, b.args[0]);
  return node("sub", [a, b]);
}
const plainMul = commutative("mul");
export function mul(x: ExprLike, y: ExprLike): Expr {
  const a = number(x);
  const b = number(y);
  if (isConst(a, 1)) return b;
  if (isConst(b, 1)) return a;
  if (isConst(a, -1)) return neg(b);
  if (isConst(b, -1)) return neg(a);
  if (a.op === "neg" && b.op === "neg") return mul(a.args[0], b.args[0]);
  if (a.op === "neg") return neg(mul(a.args[0], b));
  if (b.op === "neg") return neg(mul(a, b.args[0]));
  return plainMul(a, b);
}
export function div(x: ExprLike, y: ExprLike): Expr {
  const a = number(x);
  const b = number(y);
  if (isConst(b, 1)) return a;
  if (a.op === "neg") return neg(div(a.args[0], b));
  return node("div", [a, b]);
}

export const abs = unary("abs");
/** −1, 0 or 1; 0 for NaN, as PyTorch has it. */
export const sign = unary("sign");
export const floor = unary("floor");
export const ceil = unary("ceil");
/** To the nearest integer, halves to the even one. */
export const round = unary("round");
export const trunc = unary("trunc");
export const sqrt = unary("sqrt");
export const exp = unary("exp");
export const expm1 = unary("expm1");
export const log = unary("log");
export const log1p = unary("log1p");
/** A primitive, because the derivative of 1 / (1 + exp(−x)) is NaN below −88. */
export const sigmoid = unary("sigmoid");
export const tanh = unary("tanh");
export const erf = unary("erf");
export const sin = unary("sin");
export const cos = unary("cos");
export const tan = unary("tan");
export const asin = unary("asin");
export const acos = unary("acos");
export const atan = unary("atan");
export const sinh = unary("sinh");
export const cosh = unary("cosh");
export const asinh = unary("asinh");
export const acosh = unary("acosh");
export const atanh = unary("atanh");

export const pow = ordered("pow");
/** The remainder of a truncated division: C's fmod. */
export const rem = ordered("rem");
/** NaN if either is NaN. */
export const max = commutative("max");
/** NaN if either is NaN. */
export const min = commutative("min");
export const atan2 = ordered("atan2");

export const bitAnd = commutative("bitAnd");
export const bitOr = commutative("bitOr");
export const bitXor = commutative("bitXor");
/** x << n */
export const bitShl = ordered("bitShl");
/** x >> n */
export const bitShr = ordered("bitShr");

export const lt = ordered("lt");
export const le = ordered("le");
export const eq = commutative("eq");
export const gt = (x: ExprLike, y: ExprLike): Expr => lt(y, x);
export const ge = (x: ExprLike, y: ExprLike): Expr => le(y, x);
export const ne = (x: ExprLike, y: ExprLike): Expr => not(eq(x, y));
export const isNaN = (x: ExprLike): Expr => ne(x, x);

export const and = (x: ExprLike, y: ExprLike): Expr => node("and", [mask(x), mask(y)]);
export const or = (x: ExprLike, y: ExprLike): Expr => node("or", [mask(x), mask(y)]);
export function not(x: ExprLike): Expr {
  const a = mask(x);
  return a.op === "not" ? a.args[0] : node("not", [a]);
}
/** 1 where the mask holds, else 0. */
export const cast = (x: ExprLike): Expr => number(mask(x));
/** `x` where the condition holds, else `y`; the other branch's value, NaN included, leaves no trace. */
export function select(condition: ExprLike, x: ExprLike, y: ExprLike): Expr {
  let a = lift(x);
  let b = lift(y);
  if (a === b) return a;
  if (a.isMask !== b.isMask) [a, b] = [number(a), number(b)];
  return node("select", [mask(condition), a, b]);
}

/** Distinct nodes below `roots`, operands before users. */
export function topological(roots: readonly Expr[]): Expr[] {
  const seen = new Set<Expr>();
  const order: Expr[] = [];
  const visit = (e: Expr) => {
    if (seen.has(e)) return;
    seen.add(e);
    for (const a of e.args) visit(a);
    order.push(e);
  };
  for (const root of roots) visit(root);
  return order;
}

/** Rebuilding through these simplifies again; every other op is rebuilt as it is. */
const REBUILD: { readonly [P in ExprOp]?: (...args: Expr[]) => Expr } = {
  neg,
  add,
  sub,
  mul,
  div,
  max,
  min,
  eq,
  not,
  select,
};

/** `roots` with every node that `replace` answers for replaced, simplified on the way up. */
export function substitute(roots: readonly Expr[], replace: (e: Expr) => Expr | undefined): Expr[] {
  const done = new Map<Expr, Expr>();
  const visit = (e: Expr): Expr => {
    let result = done.get(e);
    if (result) return result;
    result = replace(e);
    if (!result) {
      const args = e.args.map(visit);
      if (args.every((a, i) => a === e.args[i])) result = e;
      else result = REBUILD[e.op]?.(...args) ?? node(e.op, args, e.value);
    }
    done.set(e, result);
    return result;
  };
  return roots.map(visit);
}

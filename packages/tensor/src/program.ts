import { type Expr, input, topological } from "./expr.ts";

/** What a kernel is made from: one expression per output. Equal programs are the same object. */
export interface Program {
  /** Small and dense, so that a backend can keep its kernels in an array. */
  readonly id: number;
  readonly exprs: readonly Expr[];
  /** How many operands, run-time scalars. */
  readonly inputs: number;
  readonly scalars: number;
  /** Loop axes whose position the expressions use, ascending. */
  readonly axes: readonly number[];
  /** Distinct nodes, operands before users. */
  readonly order: readonly Expr[];
}

const programs = new Map<string, Program>();

/* @__NO_SIDE_EFFECTS__ */
export function program(exprs: readonly Expr[], inputs: number, scalars = 0): Program {
  const key = `${exprs.map((e) => e.id).join()} ${inputs} ${scalars}`;
  let p = programs.get(key);
  if (!p) {
    const order = topological(exprs);
    const axes = order.filter((e) => e.op === "index").map((e) => e.value);
    p = { id: programs.size, exprs, inputs, scalars, axes: axes.sort((a, b) => a - b), order };
    programs.set(key, p);
  }
  return p;
}

/** A copy, with the conversion that the dtypes of operand and result ask for. */
export const IDENTITY: Program = program([input(0)], 1);

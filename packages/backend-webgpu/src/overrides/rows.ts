/**
 * Kernels that work on rows: lanes along one axis of which everything depends on totals, like softmax. A thread takes a
 * row where rows are short or many; else a workgroup does, whose threads take every n-th element and join their totals.
 */
import type { View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import type { Access } from "../kernel.ts";
import { address, allDimensions, bind, coordinates, Words, walkOver } from "../operands.ts";
import { combine, trees } from "../trees.ts";
import { bitsOf } from "../wgsl/expr.ts";

const THREADS = 64;

/** An operand: with an element per element of the row, one per row, or (the same for all rows) one per place in a row. */
export interface RowOperand {
  readonly view: View;
  readonly per: "element" | "row" | "place";
  readonly access: Access;
}

/** What the text of a kernel is made of. Elements are float32 (`f`) or int32 (`n`) at place `i` of the row. */
export interface RowText {
  /** An element of an operand, as f32. */
  f(operand: number, at?: string): string;
  /** Of one that holds integers. */
  n(operand: number): string;
  /** Stores into an operand. */
  store(operand: number, value: string): string;
  /** Declares a total over the row. */
  total(name: string, op: "sum" | "max", value: string): string;
  /** Statements for every place of the row. */
  each(statements: string): string;
  /** Statements that run once for a row. */
  once(statements: string): string;
  /** The row's length, and a run-time scalar. */
  readonly length: string;
  readonly scalar: string;
}

/** Runs over all rows along `axis` of the first operand. False where an operand is not what the kernels can read. */
export function runRows(
  engine: Engine,
  name: string,
  operands: readonly RowOperand[],
  axis: number,
  write: (text: RowText) => string,
  scalar = 0,
): boolean {
  const { shape, numel } = operands[0].view;
  if (!operands.every(({ view }) => view.dtype === "float32" || view.dtype === "int32"))
    return false;
  if (numel === 0) return true;
  const length = shape[axis];
  const others = allDimensions(shape).filter((d) => d !== axis);
  // Of what has one element per row, the dimensions are those that are not the row's own.
  const rowStrides = operands.map(({ view, per }) => {
    if (per === "place") return shape.map(() => 0);
    if (per === "element") return view.strides;
    const strides = shape.map(() => 0);
    others.forEach((d, i) => {
      strides[d] = view.strides[view.shape.length === shape.length ? d : i];
    });
    return strides;
  });
  const steps = operands.map(({ view, per }) =>
    per === "element" ? view.strides[axis] : per === "place" ? view.strides[0] : 0,
  );
  const walk = walkOver(shape, others, rowStrides, 0);
  const byThread = length <= 32 || walk.count >= 4096;
  const bound = bind(
    engine.memory,
    operands.map((o) => o.view),
    operands.map((o) => o.access),
  );
  const rank = walk.sizes.length;
  const key = `${name} ${bound.key} ${rank} ${byThread}`;
  const kernel = engine.kernel(key, () => {
    const words = new Words();
    const [count, n, given] = words.several(3);
    const sizes = words.several(rank);
    const places = operands.map((_, k) => {
      const step = words.next();
      return { step, start: address(words.next(), "c", words.several(rank)), name: `start${k}` };
    });
    const { slots, access } = bound;
    const at = (k: number, i = "i") =>
      `${slots[k].name}[${places[k].name} + (${i}) * ${places[k].step}]`;
    const first = byThread ? "0" : "i32(lane)";
    const stride = byThread ? "1" : String(THREADS);
    const loop = (statements: string) =>
      `for (var i = ${first}; i < ${n}; i += ${stride}) { ${statements} }`;
    const text: RowText = {
      f: (k, i) => `bitcast<f32>(${at(k, i)})`,
      n: (k) => `bitcast<i32>(${at(k)})`,
      store: (k, value) => `${at(k)} = bitcast<u32>(${value});`,
      total(total, op, value) {
        const own = byThread ? total : `${total}Own`;
        const identity = op === "sum" ? "0.0f" : "(-inf())";
        const gather = byThread ? "" : `let ${total} = ${op}Of(${own}, lane);`;
        return `var ${own} = ${identity};
  ${loop(`${own} = ${combine(op, "f32", own, value)};`)}
  ${gather}`;
      },
      each: loop,
      once: (statements) =>
        byThread ? `{ let i = 0; ${statements} }` : `if (lane == 0u) { let i = 0; ${statements} }`,
      length: n,
      scalar: `bitcast<f32>(${given})`,
    };
    const body = `
  let row = i32(${byThread ? `group * ${THREADS}u + lane` : "group"});
  if (row >= ${count}) { return; }
  ${coordinates("c", "row", sizes)}
  ${places.map((p) => `let ${p.name} = ${p.start};`).join("\n  ")}
  ${write(text)}`;
    const joining = byThread ? {} : trees(engine, ["sum", "max"], "f32", THREADS);
    return { name, access, workgroup: THREADS, body, ...joining };
  });
  const words = [walk.count, length, bitsOf(scalar), ...walk.sizes];
  operands.forEach(({ view }, k) => words.push(steps[k], view.offset, ...walk.strides[k]));
  const groups = byThread ? Math.ceil(walk.count / THREADS) : walk.count;
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(groups));
  return true;
}

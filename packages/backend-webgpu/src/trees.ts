/** How the threads of a workgroup join what each of them has. */
import type { ReduceOp } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Type } from "./wgsl/expr.ts";

/** Joins two totals; NaN wins. */
export function combine(op: ReduceOp, type: Type, a: string, b: string): string {
  if (op === "sum") return `(${a} + ${b})`;
  if (op === "prod") return `(${a} * ${b})`;
  if (type === "i32") return `${op}(${a}, ${b})`;
  return `${op === "max" ? "larger" : "smaller"}(${a}, ${b})`;
}

/**
 * Functions `sumOf(own, lane)`, `maxOf` … that give every thread the total; all threads have to call them. In subgroups,
 * which need no memory for it, where the device has them, and over those; else in a tree.
 */
export function trees(
  { hasSubgroups }: Engine,
  ops: readonly ReduceOp[],
  type: Type,
  threads: number,
): { globals: string; usesSubgroups: boolean } {
  const functions = ops.map((op) =>
    hasSubgroups ? overSubgroups(op, type) : overTree(op, type, threads),
  );
  return {
    globals: `var<workgroup> totals: array<${type}, ${threads}>;\n${functions.join("\n")}`,
    usesSubgroups: hasSubgroups,
  };
}

const overTree = (op: ReduceOp, type: Type, threads: number): string => `
fn ${op}Of(own: ${type}, lane: u32) -> ${type} {
  // Who still reads the total before this one.
  workgroupBarrier();
  totals[lane] = own;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { totals[lane] = ${combine(op, type, "totals[lane]", "totals[lane + half]")}; }
    workgroupBarrier();
  }
  return totals[0];
}`;

function overSubgroups(op: ReduceOp, type: Type): string {
  const name = { sum: "Add", prod: "Mul", max: "Max", min: "Min" }[op];
  const isExtreme = op === "max" || op === "min";
  // WGSL leaves open what a maximum with NaN is.
  const joined =
    isExtreme && type === "f32"
      ? `select(subgroup${name}(own), nan(), subgroupAny(isNaN(own)))`
      : `subgroup${name}(own)`;
  return `
fn ${op}Of(own: ${type}, lane: u32) -> ${type} {
  let part = ${joined};
  workgroupBarrier();
  if (subgroupElect()) { totals[subgroup] = part; }
  workgroupBarrier();
  var total = totals[0];
  for (var s = 1u; s < subgroups; s++) { total = ${combine(op, type, "total", "totals[s]")}; }
  return total;
}`;
}

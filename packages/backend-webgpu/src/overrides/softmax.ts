/** Softmax and its relatives, and the cross-entropy of class indices: a kernel each. */
import type { View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import { type RowOperand, type RowText, runRows } from "./rows.ts";

export const element = (view: View): RowOperand => ({ view, per: "element", access: "r" });
export const result = (view: View): RowOperand => ({ view, per: "element", access: "w" });
export const perRow = (view: View): RowOperand => ({ view, per: "row", access: "r" });
export const rowResult = (view: View): RowOperand => ({ view, per: "row", access: "w" });

const isFloat = (v: View): boolean => v.dtype === "float32";

/** The maximum of operand 0, and Σ exp(x − maximum). */
const peakAndTotal = ({ f, total }: RowText): string => `
  ${total("peak", "max", f(0))}
  ${total("sum", "sum", `expOf(${f(0)} - peak)`)}`;

/** x → y. */
export function softmax(engine: Engine, isLog: boolean, x: View, y: View, axis: number): boolean {
  if (!isFloat(x) || !isFloat(y)) return false;
  const name = isLog ? "logSoftmax" : "softmax";
  return runRows(engine, name, [element(x), result(y)], axis, (t) => {
    const shifted = `${t.f(0)} - peak`;
    const value = isLog ? `(${shifted}) - logSum` : `expOf(${shifted}) / sum`;
    return `${peakAndTotal(t)}
  ${isLog ? "let logSum = logOf(sum);" : ""}
  ${t.each(t.store(1, value))}`;
  });
}

/** The result y and its gradient g → the gradient of x. */
export function softmaxGradient(
  engine: Engine,
  isLog: boolean,
  [y, g]: readonly View[],
  gx: View,
  axis: number,
): boolean {
  if (![y, g, gx].every(isFloat)) return false;
  const name = isLog ? "logSoftmax (gradient)" : "softmax (gradient)";
  return runRows(engine, name, [element(y), element(g), result(gx)], axis, (t) => {
    const [yi, gi] = [t.f(0), t.f(1)];
    if (isLog)
      return `${t.total("sum", "sum", gi)}
  ${t.each(t.store(2, `${gi} - expOf(${yi}) * sum`))}`;
    return `${t.total("sum", "sum", `${yi} * ${gi}`)}
  ${t.each(t.store(2, `${yi} * (${gi} - sum)`))}`;
  });
}

/** Logits [N, C] and class indices [N] → log Σ exp(x) − x[index]. */
export function crossEntropy(engine: Engine, [x, index]: readonly View[], losses: View): boolean {
  if (!isFloat(x) || !isFloat(losses) || index.dtype !== "int32") return false;
  const operands = [element(x), perRow(index), rowResult(losses)];
  return runRows(engine, "crossEntropy", operands, 1, (t) => {
    const loss = `(logOf(sum) - (${t.f(0, t.n(1))} - peak))`;
    return `${peakAndTotal(t)}
  ${t.once(t.store(2, loss))}`;
  });
}

/** Logits, class indices, the losses' gradients → (softmax(x) − 1 at the index) · g. */
export function crossEntropyGradient(
  engine: Engine,
  [x, index, g]: readonly View[],
  gx: View,
): boolean {
  if (![x, g, gx].every(isFloat) || index.dtype !== "int32") return false;
  const operands = [element(x), perRow(index), perRow(g), result(gx)];
  return runRows(engine, "crossEntropy (gradient)", operands, 1, (t) => {
    const share = `expOf(${t.f(0)} - peak) / sum`;
    return `${peakAndTotal(t)}
  ${t.each(t.store(3, `(${share} - select(0.0f, 1.0f, i == ${t.n(1)})) * ${t.f(2)}`))}`;
  });
}

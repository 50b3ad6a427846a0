/** Layer normalisation of rows, and what flows back to them. */
import type { View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import { type RowOperand, runRows } from "./rows.ts";
import { element, perRow, result, rowResult } from "./softmax.ts";

const place = (view: View): RowOperand => ({ view, per: "place", access: "r" });
const isFloat = (v: View): boolean => v.dtype === "float32";

/** x [rows, size], and perhaps weight and bias [size] → y, mean and 1 / √(variance + eps) per row. */
export function layerNorm(
  engine: Engine,
  inputs: readonly View[],
  [y, mean, inverse]: readonly View[],
  eps: number,
): boolean {
  if (![...inputs, y].every(isFloat)) return false;
  const [x, ...affine] = inputs;
  const operands = [
    element(x),
    result(y),
    rowResult(mean),
    rowResult(inverse),
    ...affine.map(place),
  ];
  const name = affine.length ? "layerNorm (affine)" : "layerNorm";
  const write = (t: Parameters<Parameters<typeof runRows>[4]>[0]) => {
    const centred = `(${t.f(0)} - mean)`;
    const plain = `${centred} * inverse`;
    return `${t.total("sum", "sum", t.f(0))}
  let mean = sum / f32(${t.length});
  ${t.total("squares", "sum", `${centred} * ${centred}`)}
  let inverse = 1.0f / sqrt(squares / f32(${t.length}) + ${t.scalar});
  ${t.each(t.store(1, affine.length ? `${plain} * ${t.f(4)} + ${t.f(5)}` : plain))}
  ${t.once(`${t.store(2, "mean")} ${t.store(3, "inverse")}`)}`;
  };
  return runRows(engine, name, operands, 1, write, eps);
}

/** x, the gradient g of y, mean, inverse, and perhaps a weight → inverse · (h − mean(h) − x̂ · mean(h · x̂)) with h = g · weight. */
export function layerNormGradient(engine: Engine, inputs: readonly View[], gx: View): boolean {
  if (![...inputs, gx].every(isFloat)) return false;
  const [x, g, mean, inverse, ...weight] = inputs;
  const operands = [
    element(x),
    element(g),
    perRow(mean),
    perRow(inverse),
    result(gx),
    ...weight.map(place),
  ];
  const name = weight.length ? "layerNorm (gradient, affine)" : "layerNorm (gradient)";
  return runRows(engine, name, operands, 1, (t) => {
    const h = weight.length ? `(${t.f(1)} * ${t.f(5)})` : t.f(1);
    const normalised = `((${t.f(0)} - ${t.f(2)}) * ${t.f(3)})`;
    return `${t.total("sum", "sum", h)}
  ${t.total("along", "sum", `${h} * ${normalised}`)}
  let size = f32(${t.length});
  ${t.each(t.store(4, `${t.f(3)} * (${h} - sum / size - ${normalised} * (along / size))`))}`;
  });
}

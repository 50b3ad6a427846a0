/**
 * Pooling of images. A thread makes an element of the result: of a pooled plane from its window, of an input's gradient
 * from all windows that it lies in, so that no two threads write to one place.
 */
import type { PoolAttrs, View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import type { Access } from "../kernel.ts";
import { bind, coordinates, Words } from "../operands.ts";
import { bitsOf } from "../wgsl/expr.ts";

type Kind = "max" | "average" | "maxGradient" | "averageGradient";

const WORKGROUP = 64;
/** Words of the numbers by which averages are divided that fit among a kernel's parameters. */
const MOST_COUNTS = 512;

/** Inputs and outputs of each kind: max x → values, indices; average x → y; the gradients g (, indices) → gx. */
export function pool(
  engine: Engine,
  kind: Kind,
  inputs: readonly View[],
  outputs: readonly View[],
  attrs: PoolAttrs,
): boolean {
  if (inputs[0].dtype !== "float32") return false;
  const [to] = outputs;
  if (to.numel === 0) return true;
  if (kind === "averageGradient" && attrs.dilation.some((d) => d > 1)) return false;
  const counts = attrs.counts ? [...attrs.counts[0], ...attrs.counts[1]] : [];
  if (counts.length > MOST_COUNTS) return false;
  const views = [...inputs, ...outputs];
  const bound = bind(engine.memory, views, [
    ...inputs.map((): Access => "r"),
    ...outputs.map((): Access => "w"),
  ]);
  const kernel = engine.kernel(`pool ${kind} ${bound.key}`, () => {
    const names = bound.slots.map((s) => s.name);
    const body = source(kind, names, inputs.length);
    return { name: `pool (${kind})`, access: bound.access, workgroup: WORKGROUP, body };
  });
  const { size, stride, padding, dilation, inputSize, out } = attrs;
  const words = [to.numel, ...to.shape];
  for (const pair of [size, stride, padding, dilation, inputSize, out]) words.push(...pair);
  for (const v of views) words.push(v.offset, ...v.strides);
  // Counts begin at a word whose number does not depend on how many there are.
  words.push(...counts.map(bitsOf));
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil(to.numel / WORKGROUP)),
  );
  return true;
}

function source(kind: Kind, names: readonly string[], inputs: number): string {
  const words = new Words();
  const count = words.next();
  const shape = words.several(4);
  const [size, stride, padding, dilation, inputSize, out] = Array.from({ length: 6 }, () =>
    words.several(2),
  );
  const at = names.map((name) => {
    const [offset, image, channel, row, column] = words.several(5);
    return (y: string, x: string) =>
      `${name}[${offset} + c0 * ${image} + c1 * ${channel} + (${y}) * ${row} + (${x}) * ${column}]`;
  });
  // Numbers of rows, then of columns.
  const start = words.position;
  const countAt = (i: string) => `bitcast<f32>(P[(${start} + ${i}) >> 2u][(${start} + ${i}) & 3])`;
  const divisor = (oy: string, ox: string) => `(${countAt(oy)} * ${countAt(`${out[0]} + ${ox}`)})`;
  const begin = `
  let i = i32(group * ${WORKGROUP}u + lane);
  if (i >= ${count}) { return; }
  ${coordinates("c", "i", shape)}`;
  if (kind === "max" || kind === "average") {
    const isMax = kind === "max";
    const take = isMax
      ? `if (place < 0 || less(total, value) || (isNaN(value) && !isNaN(total))) { total = value; place = y * ${inputSize[1]} + x; }`
      : "total += value;";
    const write = isMax
      ? `${at[inputs]("c2", "c3")} = bitcast<u32>(total);
  ${at[inputs + 1]("c2", "c3")} = u32(max(place, 0));`
      : `${at[inputs]("c2", "c3")} = bitcast<u32>(total / ${divisor("c2", "c3")});`;
    return `${begin}
  var total = ${isMax ? "-inf()" : "0.0f"};
  ${isMax ? "var place = -1;" : ""}
  for (var ky = 0; ky < ${size[0]}; ky++) {
    let y = c2 * ${stride[0]} + ky * ${dilation[0]} - ${padding[0]};
    if (y < 0 || y >= ${inputSize[0]}) { continue; }
    for (var kx = 0; kx < ${size[1]}; kx++) {
      let x = c3 * ${stride[1]} + kx * ${dilation[1]} - ${padding[1]};
      if (x < 0 || x >= ${inputSize[1]}) { continue; }
      let value = bitcast<f32>(${at[0]("y", "x")});
      ${take}
    }
  }
  ${write}`;
  }
  const g = `bitcast<f32>(${at[0]("oy", "ox")})`;
  // A window that has this element for its greatest holds it; averaged windows have no gaps: all that reach it hold it.
  const add =
    kind === "maxGradient"
      ? `if (i32(${at[1]("oy", "ox")}) == c2 * ${inputSize[1]} + c3) { total += ${g}; }`
      : `total += ${g} / ${divisor("oy", "ox")};`;
  /** Outputs along a dimension whose windows reach a place: `for` them. */
  const forWindows = (o: string, place: string, d: number) => {
    const [n, reach] = [`(${place} + ${padding[d]})`, `(${size[d]} - 1) * ${dilation[d]}`];
    const first = `(max(${n} - ${reach}, 0) + ${stride[d]} - 1) / ${stride[d]}`;
    return `let ${o}End = min(${n} / ${stride[d]} + 1, ${out[d]});
  for (var ${o} = ${first}; ${o} < ${o}End; ${o}++) {`;
  };
  return `${begin}
  var total = 0.0f;
  ${forWindows("oy", "c2", 0)}
    ${forWindows("ox", "c3", 1)}
      ${add}
    }
  }
  ${at[inputs]("c2", "c3")} = bitcast<u32>(total);`;
}

/**
 * Convolution in 1 to 3 dimensions and its two gradients, as products of matrices of which one is never laid out: a thread
 * that brings an element of it finds out which element of the images that is ("implicit GEMM").
 *
 *     forward           y [o, (n, p)]      = Σ (c, t)  weight [o, (c, t)] · x [n, c, p·stride + t·dilation − before]
 *     input gradient    gx [c, (n, i)]     = Σ (o, t)  weight [o, c, t] · g [n, o, (i + before − t·dilation) / stride]
 *     weight gradient   gw [o, (c, t)]     = Σ (n, p)  g [n, o, p] · x [n, c, p·stride + t·dilation − before]
 *
 * with positions p of the output, i of the input and t of the window; per group, of which each is one of a batch.
 */
import type { View } from "@dl/tensor/core";
import { contiguousStrides } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import type { Access } from "../kernel.ts";
import { addParts, partialSums } from "../matmul.ts";
import { bind, coordinates, look, Words } from "../operands.ts";
import { type Factor, shapeOf, TILE_WORDS, tiledProduct } from "../tiles.ts";

/** As the composite ops give it, per spatial dimension. */
export interface ConvolutionAttrs {
  readonly stride: readonly number[];
  readonly before: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly inputSize: readonly number[];
  readonly kernelSize: readonly number[];
}
type Which = "forward" | "inputGradient" | "weightGradient";

const isFloat = (v: View): boolean => v.dtype === "float32";
const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

export function convolution(
  engine: Engine,
  which: Which,
  inputs: readonly View[],
  result: View,
  attrs: ConvolutionAttrs,
): boolean {
  if (![...inputs, result].every(isFloat)) return false;
  if (result.numel === 0) return true;
  const { groups, kernelSize, inputSize } = attrs;
  const [first, second] = inputs;
  const bias = which === "forward" ? inputs[2] : undefined;
  const [weight, gradient] =
    which === "forward"
      ? [second, result]
      : which === "inputGradient"
        ? [second, first]
        : [result, second];
  const outSize = gradient.shape.slice(2);
  const [samples, made] = gradient.shape;
  const seen = weight.shape[1];
  const perGroup = made / groups;
  const taps = product(kernelSize);
  const [m, n, k] = {
    forward: [perGroup, samples * product(outSize), seen * taps],
    inputGradient: [seen, samples * product(inputSize), perGroup * taps],
    weightGradient: [perGroup, seen * taps, samples * product(outSize)],
  }[which];
  // A bias is added as results are stored, so forward sums are made in one go.
  const tiles = shapeOf(m, n, k, groups, !bias);
  const whole = tiles.parts > 1 ? partialSums(engine, result, "f32", tiles.parts) : null;
  const to = whole ? look(whole, result.shape, contiguousStrides(result.shape)) : result;
  const views = [first, second, to, ...(bias ? [bias] : [])];
  const access: Access[] = ["r", "r", "w", "r"];
  const bound = bind(engine.memory, views, access.slice(0, views.length));
  const key = `convolution ${which} ${kernelSize} ${bound.key} ${tiles.q} ${!!bias}`;
  const kernel = engine.kernel(key, () => {
    const text = source(
      which,
      kernelSize,
      tiles.q,
      bound.slots.map((s) => s.name),
    );
    return { name: `convolution (${which})`, access: bound.access, ...text };
  });
  const words = [
    ...tiles.words,
    whole ? result.numel : 0,
    perGroup,
    seen,
    ...outSize,
    ...inputSize,
    ...attrs.stride,
    ...attrs.before,
    ...attrs.dilation,
  ];
  for (const v of views) words.push(v.offset, ...v.strides);
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(tiles.groups));
  if (whole) addParts(engine, whole, result);
  return true;
}

/** Offset and strides of an operand, as words. */
interface Place {
  readonly name: string;
  readonly offset: string;
  readonly outer: string;
  readonly channel: string;
  readonly spatial: readonly string[];
}

function source(
  which: Which,
  kernelSize: readonly number[],
  q: number,
  names: readonly string[],
): ReturnType<typeof tiledProduct> {
  const dims = kernelSize.length;
  const each = Array.from({ length: dims }, (_, d) => d);
  const words = new Words();
  const [m, n, k, partDepth, parts, tileRows, tileColumns, total] = words.several(TILE_WORDS);
  const [partStep, perGroup, seen] = words.several(3);
  const [out, size, stride, before, dilation] = each.length
    ? Array.from({ length: 5 }, () => words.several(dims))
    : [];
  const place = (name: string): Place => {
    const [offset, outer, channel] = words.several(3);
    return { name, offset, outer, channel, spatial: words.several(dims) };
  };
  const [first, second, to] = names.slice(0, 3).map(place);
  const bias = names[3] ? { name: names[3], offset: words.next(), step: words.next() } : null;

  const taps = product(kernelSize);
  /** Which channel and tap, of a (channel, tap) number: `${p}c`, `${p}0` … */
  const channelAndTap = (p: string, from: string) => `
        let ${p}c = ${from} / ${taps};
        ${constantCoordinates(p, `${from} % ${taps}`, kernelSize)}`;
  /** Which sample and position, of a (sample, position) number: `${p}0` is the sample. */
  const sampleAndPosition = (p: string, from: string, sizes: readonly string[]) =>
    coordinates(p, from, ["0", ...sizes]);
  const at = (v: Place, outer: string, channel: string, position: (d: number) => string) =>
    [
      v.offset,
      `(${outer}) * ${v.outer}`,
      `(${channel}) * ${v.channel}`,
      ...each.map((d) => `(${position(d)}) * ${v.spatial[d]}`),
    ].join(" + ");
  const read = (v: Place, index: string) => `bitcast<f32>(${v.name}[${index}])`;
  const inGroup = (count: string, channel: string) => `which * ${count} + ${channel}`;
  /** An element of the images under tap t of the window at position p, or 0 outside. */
  const underWindow = (v: Place, sample: string, p: (d: number) => string, t: string) => {
    const position = (d: number) =>
      `(${p(d)} * ${stride[d]} + ${t}${d} * ${dilation[d]} - ${before[d]})`;
    const inside = each.map((d) => `u32${position(d)} < u32(${size[d]})`).join(" && ");
    return `select(0.0f, ${read(v, `select(0i, ${at(v, sample, inGroup(seen, `${t}c`), position)}, ${inside})`)}, ${inside})`;
  };

  let left: Factor;
  let right: Factor;
  let index: string;
  if (which === "forward") {
    left = {
      alongDepth: true,
      ofDepth: (d) => channelAndTap("t", d),
      value: (o) =>
        read(
          second,
          at(second, inGroup(perGroup, o), "tc", (d) => `t${d}`),
        ),
    };
    right = {
      alongDepth: false,
      ofX: (x) => sampleAndPosition("p", x, out),
      ofDepth: (d) => channelAndTap("t", d),
      value: () => underWindow(first, "p0", (d) => `p${d + 1}`, "t"),
    };
    index = `${sampleAndPosition("r", "column", out)}
    let place = ${at(to, "r0", inGroup(perGroup, "row"), (d) => `r${d + 1}`)};`;
  } else if (which === "inputGradient") {
    // A window at p sees i at tap t if i + before − t·dilation = p·stride.
    const reached = each
      .map(
        (d) => `
        let n${d} = i${d + 1} + ${before[d]} - t${d} * ${dilation[d]};
        let p${d} = n${d} / ${stride[d]};`,
      )
      .join("");
    const isReached = each
      .map((d) => `n${d} >= 0 && p${d} * ${stride[d]} == n${d} && p${d} < ${out[d]}`)
      .join(" && ");
    left = {
      alongDepth: true,
      ofDepth: (d) => channelAndTap("t", d),
      value: (c) =>
        read(
          second,
          at(second, inGroup(perGroup, "tc"), c, (d) => `t${d}`),
        ),
    };
    right = {
      alongDepth: false,
      ofX: (x) => sampleAndPosition("i", x, size),
      ofDepth: (d) => `${channelAndTap("t", d)}
        ${reached}
        let isReached = ${isReached};`,
      value: () => {
        const where = at(first, "i0", inGroup(perGroup, "tc"), (d) => `p${d}`);
        return `select(0.0f, ${read(first, `select(0i, ${where}, isReached)`)}, isReached)`;
      },
    };
    index = `${sampleAndPosition("r", "column", size)}
    let place = ${at(to, "r0", inGroup(seen, "row"), (d) => `r${d + 1}`)};`;
  } else {
    left = {
      alongDepth: true,
      ofDepth: (d) => sampleAndPosition("p", d, out),
      value: (o) =>
        read(
          second,
          at(second, "p0", inGroup(perGroup, o), (d) => `p${d + 1}`),
        ),
    };
    right = {
      alongDepth: true,
      ofX: (x) => channelAndTap("t", x),
      ofDepth: (d) => sampleAndPosition("p", d, out),
      value: () => underWindow(first, "p0", (d) => `p${d + 1}`, "t"),
    };
    index = `${channelAndTap("r", "column")}
    let place = ${at(to, inGroup(perGroup, "row"), "rc", (d) => `r${d}`)};`;
  }
  const plusBias = bias
    ? ` + bitcast<f32>(${bias.name}[${bias.offset} + (${inGroup(perGroup, "row")}) * ${bias.step}])`
    : "";
  return tiledProduct({
    type: "f32",
    q,
    m,
    n,
    k,
    partDepth,
    parts,
    tileRows,
    tileColumns,
    total,
    setup: "",
    left,
    right,
    store: `${index}
    ${to.name}[place + part * ${partStep}] = bitcast<u32>(sum${plusBias});`,
  });
}

/** Coordinates for sizes that are known when the kernel is written: compilers divide by constants cheaply. */
function constantCoordinates(prefix: string, from: string, sizes: readonly number[]): string {
  let below = product(sizes);
  return sizes
    .map((size, d) => {
      below /= size;
      const part = `(${from}) / ${below}`;
      return `let ${prefix}${d} = ${d === 0 ? part : `(${part}) % ${size}`};`;
    })
    .join("\n        ");
}

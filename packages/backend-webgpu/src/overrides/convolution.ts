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
import { type ConvAttrs, contiguousStrides, type View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import type { Access } from "../kernel.ts";
import { bind, coordinates, look, Words } from "../operands.ts";
import { joinSeveral, severalLike } from "../reduce.ts";
import { type Factor, shapeOf, TILE_WORDS, type Tiling, tiledProduct } from "../tiles.ts";

type Which = "forward" | "inputGradient" | "weightGradient";

/** Channels of a group for which a tile is worth it. */
const FEWEST_ROWS = 8;

const isFloat = (v: View): boolean => v.dtype === "float32";
const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

export function convolution(
  engine: Engine,
  which: Which,
  inputs: readonly View[],
  result: View,
  attrs: ConvAttrs,
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
  // Most rows of a tile would be empty. Without this kernel it is products, or with one channel sums, over windows.
  if (groups > 1 && perGroup < FEWEST_ROWS) return false;
  const taps = product(kernelSize);
  const [m, n, k] = {
    forward: [perGroup, samples * product(outSize), seen * taps],
    inputGradient: [seen, samples * product(inputSize), perGroup * taps],
    weightGradient: [perGroup, seen * taps, samples * product(outSize)],
  }[which];
  const tiles = shapeOf(m, n, k, groups);
  const whole = tiles.parts > 1 ? severalLike(engine, result, "f32", tiles.parts) : null;
  const to = whole ? look(whole, result.shape, contiguousStrides(result.shape)) : result;
  const views = [first, second, to, ...(bias ? [bias] : [])];
  const access: Access[] = ["r", "r", "w", "r"];
  const bound = bind(engine.memory, views, access.slice(0, views.length));
  const key = `convolution ${which} ${kernelSize} ${bound.key} ${tiles.tiling.name} ${!!bias}`;
  const kernel = engine.kernel(key, () => {
    const text = source(
      which,
      kernelSize,
      tiles.tiling,
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
  if (whole) joinSeveral(engine, "sum", whole, result);
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
  tiling: Tiling,
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
        ${constantCoordinates(p, `(${from} - ${p}c * ${taps})`, kernelSize)}`;
  /** Which sample and position, of a (sample, position) number: `${p}0` is the sample. `type` is i32, or a vector of them. */
  const sampleAndPosition = (p: string, from: string, sizes: readonly string[], type: string) =>
    coordinates(p, from, ["", ...sizes], type);
  const at = (v: Place, outer: string, channel: string, position: (d: number) => string) =>
    [
      v.offset,
      `(${outer}) * ${v.outer}`,
      `(${channel}) * ${v.channel}`,
      ...each.map((d) => `(${position(d)}) * ${v.spatial[d]}`),
    ].join(" + ");
  const load = (v: Place) => (address: string) => `bitcast<f32>(${v.name}[${address}])`;
  const inGroup = (count: string, channel: string) => `which * ${count} + ${channel}`;
  const four = "vec4<i32>";
  const among = (position: string, size: string) =>
    `(vec4<u32>(${position}) < vec4<u32>(u32(${size})))`;
  /** The elements of the images under taps t of windows at positions p. */
  const underWindow = {
    ofBoth: each
      .map((d) => `let q${d} = p${d + 1} * ${stride[d]} + t${d} * ${dilation[d]} - ${before[d]};`)
      .join("\n        "),
    isThere: each.map((d) => among(`q${d}`, size[d])).join(" & ") || "vec4<bool>(true)",
    address: () => at(first, "p0", inGroup(seen, "tc"), (d) => `q${d}`),
    load: load(first),
  };
  /** Weights of four of a group's results, under tap t. */
  const weights = {
    alongDepth: true,
    ofDepth: (d: string) => channelAndTap("t", d),
    load: load(second),
  };

  let left: Factor;
  let right: Factor;
  /** Where a column's result for row 0 goes, and from there to the other rows. */
  let ofColumn: string;
  let rowStep = to.channel;
  if (which === "forward") {
    left = {
      ...weights,
      address: (o) => at(second, inGroup(perGroup, o), "tc", (d) => `t${d}`),
    };
    right = {
      ...underWindow,
      alongDepth: false,
      ofX: (x) => sampleAndPosition("p", x, out, four),
      ofDepth: (d) => channelAndTap("t", d),
    };
    ofColumn = `${sampleAndPosition("r", "column", out, "i32")}
    let place = ${at(to, "r0", inGroup(perGroup, "0"), (d) => `r${d + 1}`)};`;
  } else if (which === "inputGradient") {
    left = {
      ...weights,
      address: (c) => at(second, inGroup(perGroup, "tc"), c, (d) => `t${d}`),
    };
    // A window at p sees i at tap t if i + before − t·dilation = p·stride.
    right = {
      alongDepth: false,
      ofX: (x) => sampleAndPosition("i", x, size, four),
      ofDepth: (d) => channelAndTap("t", d),
      ofBoth: each
        .map(
          (d) => `let n${d} = i${d + 1} + (${before[d]} - t${d} * ${dilation[d]});
        let p${d} = n${d} / ${stride[d]};`,
        )
        .join("\n        "),
      isThere:
        each
          .map(
            (d) =>
              `(n${d} == p${d} * ${stride[d]}) & (n${d} >= ${four}()) & ${among(`p${d}`, out[d])}`,
          )
          .join(" & ") || "vec4<bool>(true)",
      address: () => at(first, "i0", inGroup(perGroup, "tc"), (d) => `p${d}`),
      load: load(first),
    };
    ofColumn = `${sampleAndPosition("r", "column", size, "i32")}
    let place = ${at(to, "r0", inGroup(seen, "0"), (d) => `r${d + 1}`)};`;
  } else {
    const ofDepth = (d: string) => sampleAndPosition("p", d, out, "i32");
    left = {
      alongDepth: true,
      ofDepth,
      address: (o) => at(second, "p0", inGroup(perGroup, o), (d) => `p${d + 1}`),
      load: load(second),
    };
    right = { ...underWindow, alongDepth: true, ofX: (x) => channelAndTap("t", x), ofDepth };
    ofColumn = `${channelAndTap("r", "column")}
    let place = ${at(to, inGroup(perGroup, "0"), "rc", (d) => `r${d}`)};`;
    rowStep = to.outer;
  }
  return tiledProduct({
    type: "f32",
    tiling,
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
    // A bias is what the first part begins with.
    initial: bias
      ? (row) =>
          `select(0.0f, bitcast<f32>(${bias.name}[${bias.offset} + (${inGroup(perGroup, row)}) * ${bias.step}]), part == 0)`
      : undefined,
    ofColumn: () => ofColumn,
    store: (row, _, sum) =>
      `${to.name}[place + ${row} * ${rowStep} + part * ${partStep}] = bitcast<u32>(${sum});`,
  });
}

/** Coordinates for sizes that are known when the kernel is written: compilers divide by constants cheaply. */
function constantCoordinates(prefix: string, from: string, sizes: readonly number[]): string {
  let below = product(sizes);
  const lines: string[] = [];
  let rest = from;
  sizes.forEach((size, d) => {
    below /= size;
    const last = d === sizes.length - 1;
    lines.push(`let ${prefix}${d} = ${last ? rest : `${rest} / ${below}`};`);
    if (last) return;
    lines.push(`let ${prefix}Rest${d} = ${rest} - ${prefix}${d} * ${below};`);
    rest = `${prefix}Rest${d}`;
  });
  return lines.join("\n        ");
}

/**
 * Several maps of one program in one dispatch: an optimizer's step over all parameters.
 *
 * A workgroup finds out which of the maps its elements belong to, in a table among the kernel's parameters. That takes
 * operands which all lie in the bound buffers; small tensors are pieces of few pages (`pages.ts`), which are bound whole.
 * Larger ones have enough elements for a dispatch of their own.
 */
import { computeType, type MapCall, type Program, type View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import { type Access, PARAMETER_WORDS, type Source } from "./kernel.ts";
import { map } from "./map.ts";
import { allDimensions, type Bound, bindBlocks, checkDType, Words, walkOver } from "./operands.ts";
import { isPiece, type Piece } from "./pages.ts";
import { bitsFor, load, perWord, store } from "./wgsl/access.ts";
import { bitsOf, lower, type Type, toInt32, typeOf } from "./wgsl/expr.ts";

const WORKGROUP = 256;

/** Maps that one kernel can run together, as they share buffers and scalars. */
interface Batch {
  readonly calls: MapCall[];
  readonly pieces: Piece[][];
}

export function mapEach(engine: Engine, p: Program, calls: readonly MapCall[]): void {
  const batches = new Map<string, Batch>();
  for (const call of calls) {
    const pieces = piecesOf(engine, p, call);
    if (!pieces) {
      map(engine, p, call.inputs, call.outputs, call.scalars);
      continue;
    }
    const views = [...call.inputs, ...call.outputs];
    const key = `${views.map((v) => v.dtype)} ${pieces.map((x) => x.whole.id)} ${call.scalars}`;
    const batch = batches.get(key);
    if (batch) {
      batch.calls.push(call);
      batch.pieces.push(pieces);
    } else batches.set(key, { calls: [call], pieces: [pieces] });
  }
  const operands = p.inputs + p.exprs.length;
  const most = Math.floor((PARAMETER_WORDS - 1 - p.scalars) / (2 + operands));
  for (const { calls: all, pieces } of batches.values())
    for (let i = 0; i < all.length; i += most)
      run(engine, p, { calls: all.slice(i, i + most), pieces: pieces.slice(i, i + most) });
}

/** The operands' memory, if they are pieces whose elements lie in one order without gaps. */
function piecesOf({ memory }: Engine, p: Program, { inputs, outputs }: MapCall): Piece[] | null {
  if (p.axes.length > 0 || outputs[0].numel === 0) return null;
  const views = [...inputs, ...outputs];
  const pieces: Piece[] = [];
  for (const v of views) {
    checkDType(v);
    const block = memory.blockOf(v.buffer);
    if (!isPiece(block) || perWord(v.dtype) > 1) return null;
    pieces.push(block);
  }
  if (views.every((v) => v.contiguous)) return pieces;
  const { shape } = outputs[0];
  const strides = views.map((v) => v.strides);
  const walk = walkOver(shape, allDimensions(shape), strides, inputs.length);
  const isDense =
    walk.sizes.length === 0 || walk.strides.every((s) => s.length === 1 && s[0] === 1);
  return isDense ? pieces : null;
}

function run(engine: Engine, p: Program, { calls, pieces }: Batch): void {
  const [{ inputs, outputs, scalars }] = calls;
  if (calls.length === 1) {
    map(engine, p, inputs, outputs, scalars);
    return;
  }
  const views = [...inputs, ...outputs];
  const bound = bindBlocks(
    pieces[0].map((piece) => piece.whole),
    [...inputs.map((): Access => "r"), ...outputs.map((): Access => "w")],
  );
  const type = typeOf(computeType(inputs, outputs));
  const kernel = engine.kernel(
    `map each ${p.id} ${type} ${views.map((v) => v.dtype)} ${bound.key}`,
    () => source(p, type, views, bound),
  );
  const words = [calls.length];
  for (const value of scalars) words.push(type === "f32" ? bitsOf(value) : toInt32(value));
  let groups = 0;
  calls.forEach((call, c) => {
    const { numel } = call.outputs[0];
    words.push(groups, numel);
    [...call.inputs, ...call.outputs].forEach((v, k) =>
      words.push(pieces[c][k].offset / 4 + v.offset),
    );
    groups += Math.ceil(numel / WORKGROUP);
  });
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(groups));
}

function source(p: Program, type: Type, views: readonly View[], { access, slots }: Bound): Source {
  const words = new Words();
  const count = words.next();
  const scalars = words.several(p.scalars);
  const table = words.position;
  const perCall = 2 + views.length;
  const entry = (which: string, word: number) =>
    `wordAt(${table} + ${which} * ${perCall} + ${word})`;
  const address = (k: number) => `${entry("call", 2 + k)} + i`;
  const { statements, results } = lower(p, type, {
    input: (i) => load(slots[i], views[i].dtype, address(i), type),
    scalar: (i) => (type === "f32" ? `bitcast<f32>(${scalars[i]})` : scalars[i]),
    index: () => "0",
  });
  const writes = results.map((value, i) => {
    const k = p.inputs + i;
    const bits = bitsFor(views[k].dtype, value, type, p.exprs[i].isMask);
    return store(slots[k], views[k].dtype, address(k), bits);
  });
  const body = `
  // The last map that begins at this workgroup or before.
  var call = 0;
  var after = ${count};
  while (after - call > 1) {
    let middle = (call + after) / 2;
    if (i32(group) < ${entry("middle", 0)}) { after = middle; } else { call = middle; }
  }
  let i = (i32(group) - ${entry("call", 0)}) * ${WORKGROUP} + i32(lane);
  if (i >= ${entry("call", 1)}) { return; }
  ${statements}
  ${writes.join("\n  ")}`;
  const globals = "fn wordAt(i: i32) -> i32 { return P[i >> 2u][i & 3]; }";
  const name = `map each ${p.exprs.map((e) => e.op).join(", ")}`;
  return { name, access, workgroup: WORKGROUP, body, globals };
}

/** Running totals along an axis: a thread a lane where lanes are many or short, else a workgroup a lane, a chunk at a time. */
import { computeType, type ScanOp, type View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Access } from "./kernel.ts";
import { address, allDimensions, bind, coordinates, Words, walkOver } from "./operands.ts";
import { identityOf } from "./reduce.ts";
import { combine } from "./trees.ts";
import { bitsFor, load, store, writeAccess } from "./wgsl/access.ts";
import { typeOf } from "./wgsl/expr.ts";

const THREADS = 128;

export function scan(engine: Engine, op: ScanOp, input: View, output: View, axis: number): void {
  if (output.numel === 0) return;
  const type = typeOf(computeType([input], [output]));
  const views = [input, output];
  const lanes = allDimensions(input.shape).filter((d) => d !== axis);
  const walk = walkOver(
    input.shape,
    lanes,
    views.map((v) => v.strides),
    0,
  );
  const length = input.shape[axis];
  const byThread = length <= 64 || walk.count >= 1024;
  const bound = bind(engine.memory, views, ["r", writeAccess(output.dtype)] as Access[]);
  const rank = walk.sizes.length;
  const key = `scan ${op} ${type} ${input.dtype} ${output.dtype} ${bound.key} ${rank} ${byThread}`;
  const kernel = engine.kernel(key, () => {
    const words = new Words();
    const [count, n, step, toStep] = words.several(4);
    const sizes = words.several(rank);
    const [from, to] = views.map(() => address(words.next(), "c", words.several(rank)));
    const { slots, access } = bound;
    const element = load(slots[0], input.dtype, `origin + i * ${step}`, type);
    const write = store(
      slots[1],
      output.dtype,
      `to + i * ${toStep}`,
      bitsFor(output.dtype, "total", type, false),
    );
    const identity = identityOf(op, type === "i32" ? "int32" : "float32", type);
    const start = `
  ${coordinates("c", "which", sizes)}
  let origin = ${from};
  let to = ${to};
  var total = ${identity};`;
    if (byThread) {
      const body = `
  let which = i32(group * ${THREADS}u + lane);
  if (which >= ${count}) { return; }
  ${start}
  for (var i = 0; i < ${n}; i++) {
    let x = ${element};
    total = ${combine(op, type, "total", "x")};
    ${write}
  }`;
      return { name: `running ${op}`, access, workgroup: THREADS, body };
    }
    // Within a chunk each thread joins what lies 1, 2, 4 … before it (Hillis and Steele, 1986); `carried` came before.
    const body = `
  let which = i32(group);
  if (which >= ${count}) { return; }
  ${start}
  var carried = total;
  for (var chunk = 0; chunk < ${n}; chunk += ${THREADS}) {
    let i = chunk + i32(lane);
    var x = total;
    if (i < ${n}) { x = ${element}; } else { x = ${identity}; }
    totals[lane] = x;
    workgroupBarrier();
    for (var d = 1u; d < ${THREADS}u; d *= 2u) {
      let mine = totals[lane];
      let other = totals[max(lane, d) - d];
      workgroupBarrier();
      totals[lane] = select(mine, ${combine(op, type, "other", "mine")}, lane >= d);
      workgroupBarrier();
    }
    total = ${combine(op, type, "carried", "totals[lane]")};
    if (i < ${n}) { ${write} }
    carried = ${combine(op, type, "carried", `totals[${THREADS - 1}]`)};
    workgroupBarrier();
  }`;
    const globals = `var<workgroup> totals: array<${type}, ${THREADS}>;`;
    return { name: `running ${op}`, access, workgroup: THREADS, body, globals };
  });
  const words = [walk.count, length, ...views.map((v) => v.strides[axis]), ...walk.sizes];
  views.forEach((v, k) => words.push(v.offset, ...walk.strides[k]));
  const groups = byThread ? Math.ceil(walk.count / THREADS) : walk.count;
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(groups));
}

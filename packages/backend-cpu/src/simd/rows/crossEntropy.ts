/** Cross-entropy of class indices, and what flows back to the logits. */
import type { View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import type { Family } from "../family.ts";
import { log } from "../math/index.ts";
import { RowRunner, type Write } from "./run.ts";

/** Logits a, targets p → losses q = log Σ exp(a) − a[p]. */
const crossEntropy: Write = (k) => {
  const { f, v, w } = k;
  const scratch = 1;
  k.eachRow([w.a], [w.p, w.q], () => {
    const peak = k.maximum(w.a);
    const logSum = log(v, k.exponentials(w.a, peak, scratch));
    f.get(w.p).loadI32().i32(2).op("i32.shl").get(w.a).op("i32.add").loadZero();
    const [loss] = v.sub(logSum, v.sub(k.pushed(), peak));
    f.get(w.q).get(loss).storeLane(0);
  });
};

/** Logits a, targets p, the losses' gradients q → c = (softmax(a) − 1 at p) · q. */
const crossEntropyGradient: Write = (k) => {
  const { f, v, w } = k;
  const at = f.local();
  k.eachRow([w.a, w.c], [w.p, w.q], () => {
    const sum = k.exponentials(w.a, k.maximum(w.a), w.c);
    const factor = k.kept(v.div(k.splat(w.q), sum));
    k.fill([w.c], w.c, (load) => v.mul(load(w.c), factor));
    f.get(w.p).loadI32().i32(2).op("i32.shl").get(w.c).op("i32.add").tee(at);
    f.get(at).loadZero().get(w.q).loadZero().v("f32x4.sub").storeLane(0);
  });
};

/** An index outside is left to the kernels that say which it is. */
function areInRange({ memory }: Engine, { shape }: View, targets: View): boolean {
  if (targets.dtype !== "int32" || !targets.contiguous) return false;
  const start = memory.address(targets.buffer) / 4 + targets.offset;
  const { int32 } = memory;
  for (let i = 0; i < targets.numel; i++) if (int32[start + i] >>> 0 >= shape[1]) return false;
  return true;
}

export const crossEntropyKernels: Family = ({ engine, constants }) => {
  const rows = new RowRunner(engine, constants);
  return [
    [
      "crossEntropy",
      // logits [N, C], targets [N] → losses [N].
      ([a, p], [q]) => areInRange(engine, a, p) && rows.run(crossEntropy, a.shape[1], { a, p, q }),
    ],
    [
      "crossEntropyInputGradient",
      // logits, targets, the losses' gradients → the logits'.
      ([a, p, q], [c]) =>
        areInRange(engine, a, p) && rows.run(crossEntropyGradient, a.shape[1], { a, c, p, q }),
    ],
  ];
};

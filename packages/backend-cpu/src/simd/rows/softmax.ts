/** Softmax, its logarithm, and what flows back from them. */

import type { Family } from "../family.ts";
import { exp, log } from "../math/index.ts";
import { RowRunner, type Write } from "./run.ts";

/** a → b */
const softmax: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b], [], () => {
    const share = k.kept(v.div(1, k.exponentials(w.a, k.maximum(w.a), w.b)));
    k.fill([w.b], w.b, (load) => v.mul(load(w.b), share));
  });
};

/** a → b */
const logSoftmax: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b], [], () => {
    const peak = k.maximum(w.a);
    const logSum = k.kept(log(v, k.exponentials(w.a, peak, w.b)));
    k.fill([w.a], w.b, (load) => v.sub(v.sub(load(w.a), peak), logSum));
  });
};

/** The result y = a, its gradient b → c = a · (b − Σ a · b). */
const softmaxGradient: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b, w.c], [], () => {
    k.fill([w.a, w.b], w.c, (load) => v.mul(load(w.a), load(w.b)));
    const sum = k.kept(k.sum(w.c));
    k.fill([w.a, w.b], w.c, (load) => v.mul(load(w.a), v.sub(load(w.b), sum)));
  });
};

/** The result y = a, its gradient b → c = b − exp(a) · Σ b. */
const logSoftmaxGradient: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b, w.c], [], () => {
    const sum = k.kept(k.sum(w.b));
    k.fill([w.a, w.b], w.c, (load) => v.sub(load(w.b), v.mul(exp(v, load(w.a)), sum)));
  });
};

export const softmaxKernels: Family = ({ engine, constants }) => {
  const rows = new RowRunner(engine, constants);
  const forward = (op: string, write: Write): ReturnType<Family>[number] => [
    op,
    ([a], [b], { axis }) => axis === a.shape.length - 1 && rows.run(write, a.shape[axis], { a, b }),
  ];
  const backward = (op: string, write: Write): ReturnType<Family>[number] => [
    op,
    ([a, b], [c], { axis }) =>
      axis === a.shape.length - 1 && rows.run(write, a.shape[axis], { a, b, c }),
  ];
  return [
    forward("softmax", softmax),
    forward("logSoftmax", logSoftmax),
    backward("softmaxInputGradient", softmaxGradient),
    backward("logSoftmaxInputGradient", logSoftmaxGradient),
  ];
};

/** Layer normalisation, and what flows back to its input. */

import type { Family } from "../family.ts";
import type { Vec } from "../vectors.ts";
import type { Place } from "./code.ts";
import { RowRunner, type Write } from "./run.ts";

/** a → b = (a − mean) · rstd · v + w; mean → p, 1 / √(variance + scalar) → q. */
const layerNorm: Write = (k) => {
  const { f, v, w } = k;
  const share = k.share();
  k.eachRow([w.a, w.b], [w.p, w.q], () => {
    const mean = k.kept(v.mul(k.sum(w.a), share));
    const squares = k.totals(0);
    k.pass([w.a], ({ load, join }) => {
      const d = v.sub(load(w.a), mean);
      join(squares, "f32x4.add", v.mul(d, d));
    });
    f.get(w.scalar).v("i32x4.splat");
    const eps = k.pushed();
    const variance = v.mul(k.combine(squares, "f32x4.add"), share);
    const inverse = k.kept(v.div(1, v.sqrt(v.add(variance, eps))));
    f.get(w.p).get(mean[0]).storeLane(0).get(w.q).get(inverse[0]).storeLane(0);
    const centred = (load: Place["load"]) => v.mul(v.sub(load(w.a), mean), inverse);
    f.get(w.v).if(
      () =>
        k.fill([w.a, w.v, w.w], w.b, (load) => v.add(v.mul(centred(load), load(w.v)), load(w.w))),
      () => k.fill([w.a], w.b, centred),
    );
  });
};

/**
 * The input x = a, the result's gradient b, mean p, rstd q, weight v or none →
 * c = q · (h − mean(h) − x̂ · mean(h · x̂)) with h = b · v and x̂ = (a − p) · q.
 */
const layerNormGradient: Write = (k) => {
  const { f, v, w } = k;
  const share = k.share();
  const row = (isWeighted: boolean, mean: Vec, inverse: Vec) => {
    const from = [w.a, w.b, ...(isWeighted ? [w.v] : [])];
    /** h and x̂ */
    const both = (load: Place["load"]): [Vec, Vec] => [
      isWeighted ? v.mul(load(w.b), load(w.v)) : load(w.b),
      v.mul(v.sub(load(w.a), mean), inverse),
    ];
    const [sums, products] = [k.totals(0), k.totals(0)];
    k.pass(from, ({ load, join }) => {
      const [h, x] = both(load);
      join(sums, "f32x4.add", h);
      join(products, "f32x4.add", v.mul(h, x));
    });
    const sum = k.kept(v.mul(k.combine(sums, "f32x4.add"), share));
    const product = k.kept(v.mul(k.combine(products, "f32x4.add"), share));
    k.fill(from, w.c, (load) => {
      const [h, x] = both(load);
      return v.mul(v.sub(v.sub(h, sum), v.mul(x, product)), inverse);
    });
  };
  k.eachRow([w.a, w.b, w.c], [w.p, w.q], () => {
    const [mean, inverse] = [k.kept(k.splat(w.p)), k.kept(k.splat(w.q))];
    f.get(w.v).if(
      () => row(true, mean, inverse),
      () => row(false, mean, inverse),
    );
  });
};

export const layerNormKernels: Family = ({ engine, constants }) => {
  const rows = new RowRunner(engine, constants);
  return [
    [
      "layerNorm",
      // x, and perhaps weight and bias → y, mean, rstd.
      ([a, v, w], [b, p, q], { eps, size }) => rows.run(layerNorm, size, { a, b, p, q, v, w }, eps),
    ],
    [
      "layerNormInputGradient",
      // x, the gradient of y, mean, rstd, and perhaps a weight → the gradient of x.
      ([a, b, p, q, v], [c], { size }) => rows.run(layerNormGradient, size, { a, b, c, p, q, v }),
    ],
  ];
};

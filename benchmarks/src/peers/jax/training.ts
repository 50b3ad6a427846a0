import { blockUntilReady, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { Cannot, type Runnable } from "../../child/answer.ts";
import { labels } from "../../child/data.ts";
import type { Training } from "../../workloads/spec.ts";
import { array, input, type JaxArray } from "./arrays.ts";
import { Builder, models } from "./models.ts";
import { meanCrossEntropy, oneHot } from "./ops.ts";

/** New parameter and new state of it. `powers` are β₁ᵗ and β₂ᵗ. */
type Rule = (
  parameter: JaxArray,
  gradient: JaxArray,
  state: JaxArray[],
  powers: JaxArray[],
) => [JaxArray, JaxArray[]];

const RULES: Record<Training["optimizer"], { slots: number; rule: Rule }> = {
  sgd: { slots: 0, rule: (p, g) => [p.sub(g.mul(1e-2)), []] },
  momentum: {
    slots: 1,
    rule(p, g, [buffer]) {
      const next = buffer.mul(0.9).add(g);
      return [p.sub(next.ref.mul(1e-2)), [next]];
    },
  },
  adam: {
    slots: 2,
    rule(p, g, [m, v], [power1, power2]) {
      const mNext = m.mul(0.9).add(g.ref.mul(0.1));
      const vNext = v.mul(0.999).add(np.square(g).mul(0.001));
      const size = mNext.ref.div(np.subtract(1, power1.ref));
      const scale = np.sqrt(vNext.ref.div(np.subtract(1, power2.ref))).add(1e-8);
      return [p.sub(size.div(scale).mul(1e-3)), [mNext, vNext]];
    },
  },
};

export function training({ model: name, batch, shape, classes, optimizer }: Training): Runnable {
  if (!(name in models)) throw new Cannot("not written for jax-js yet");
  const builder = new Builder();
  const model = models[name](builder);
  const { slots, rule } = RULES[optimizer];
  const x = input([batch, ...shape]);
  const y =
    classes === 1 ? array(Float32Array.from(labels(batch, 2)), [batch, 1]) : oneHot(batch, classes);

  const lossOf = (
    parameters: JaxArray[],
    before: JaxArray[],
    images: JaxArray,
    targets: JaxArray,
  ): [JaxArray, JaxArray[]] => {
    const after: JaxArray[] = [];
    const logits = model(images, {
      parameters: parameters.values(),
      before: before.values(),
      after,
    });
    const loss =
      classes === 1
        ? nn.softplus(logits.ref).sub(logits.mul(targets)).mean()
        : meanCrossEntropy(logits, targets);
    return [loss, after];
  };
  const step = jit(
    (
      parameters: JaxArray[],
      states: JaxArray[][],
      powers: JaxArray[],
      before: JaxArray[],
      images: JaxArray,
      targets: JaxArray,
    ) => {
      const kept = parameters.map((p) => p.ref);
      const [[loss, after], gradients] = valueAndGrad(lossOf, { hasAux: true })(
        parameters,
        before,
        images,
        targets,
      ) as unknown as [[JaxArray, JaxArray[]], JaxArray[]];
      const nextPowers = [powers[0].mul(0.9), powers[1].mul(0.999)];
      const pairs = kept.map((p, i) => rule(p, gradients[i], states[i], nextPowers));
      return {
        loss,
        parameters: pairs.map(([p]) => p),
        states: pairs.map(([, state]) => state),
        powers: nextPowers,
        statistics: after,
      };
    },
  );

  let parameters = builder.parameters;
  let { statistics } = builder;
  let states = parameters.map((p) => Array.from({ length: slots }, () => np.zeros(p.shape)));
  let powers = [np.ones([]), np.ones([])];
  const run = async (): Promise<number> => {
    const result = step(parameters, states, powers, statistics, x.ref, y.ref);
    ({ parameters, states, powers, statistics } = result);
    const [loss] = await result.loss.data();
    await blockUntilReady([parameters, states, statistics]);
    return loss;
  };
  return {
    run,
    dispose: () => {
      for (const t of [parameters, statistics, powers, states.flat(), x, y].flat()) t.dispose();
      step.dispose();
    },
  };
}

/** Changing gradients in place, without reading them back. */
import { assignEach, expr, norm, program, scope, stack, type Tensor } from "@dl/tensor/core";
import { unrecorded } from "./modes.ts";

export const gradientsOf = (parameters: Iterable<Tensor>): Tensor[] =>
  [...parameters].flatMap((p) => (p.grad && p.grad.released === null ? [p.grad] : []));

const { add, div, input, max, min, mul, scalar } = expr;
const SHORTENED = program([mul(input(0), min(div(scalar(0), add(input(1), 1e-6)), 1))], 2, 1);
const LIMITED = program([min(max(input(0), scalar(0)), scalar(1))], 1, 2);
const SCALED = program([mul(input(0), scalar(0))], 1, 1);

/** g · min(maxNorm / (norm of all + 1e-6), 1), as clipGradNorm_ of @dl/nn and PyTorch. */
export function clipNorm(parameters: Iterable<Tensor>, maxNorm: number, p = 2): void {
  const gradients = gradientsOf(parameters);
  if (gradients.length === 0) return;
  unrecorded(() =>
    scope(() => {
      const { device } = gradients[0];
      const norms = gradients.map((g) => norm(g, { p }).to(device));
      const total = norm(stack(norms), { p });
      const assignments = gradients.map((g) => {
        const own = total.to(g.device).reshape(g.shape.map(() => 1));
        const operands = [g.memory, own.expand(g.shape).memory];
        return { targets: [g.memory], operands, scalars: [maxNorm] };
      });
      assignEach(SHORTENED, assignments);
    }),
  );
}

/** Every element to ±limit. */
export const clipValue = (parameters: Iterable<Tensor>, limit: number): void =>
  change(parameters, LIMITED, [-limit, limit]);

export const scaleGradients = (parameters: Iterable<Tensor>, factor: number): void =>
  change(parameters, SCALED, [factor]);

function change(
  parameters: Iterable<Tensor>,
  update: typeof SCALED,
  scalars: readonly number[],
): void {
  const gradients = gradientsOf(parameters);
  if (gradients.length === 0) return;
  const each = gradients.map((g) => ({
    targets: [g.memory],
    operands: [g.memory],
    scalars: [...scalars],
  }));
  assignEach(update, each);
}

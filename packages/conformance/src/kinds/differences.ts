/** Gradients against difference quotients. */
import { noGrad } from "@dl/autograd";
import { cos, eachTensor, isFloating, scope, type Tensor, tensor } from "@dl/tensor";
import { isClose, type Tolerance } from "../compare.ts";
import { fail } from "./examine.ts";

export interface Differentiable {
  readonly name: string;
  readonly tensor: Tensor;
}

/** How far a step goes, and how close the quotient comes. In float32 a difference has three digits. */
const STEPS = {
  float64: { eps: 1e-6, tolerance: { absolute: 1e-6, relative: 1e-5 } },
  float32: { eps: 1e-2, tolerance: { absolute: 1e-2, relative: 2e-2 } },
};
/** Elements of one tensor that are moved: the whole of a small one, else some from everywhere. */
const MOST = 16;

/** Σ wᵢ yᵢ over all results, no two weights alike: a gradient of ones would not tell elements apart. */
export function weighted(result: unknown): Tensor {
  const parts: Tensor[] = [];
  eachTensor(result, (y) => {
    if (!isFloating(y.dtype)) return;
    const steps = Float64Array.from({ length: y.numel }, (_, i) => 0.7 * i + parts.length + 0.3);
    const weights = cos(tensor(steps, { dtype: y.dtype, device: y.device })).add(0.2);
    parts.push(y.reshape(-1).mul(weights).sum());
  });
  if (parts.length === 0)
    fail(
      "there is no floating point tensor in the result",
      "Return the tensors that were computed",
    );
  return parts.reduce((a, b) => a.add(b));
}

/**
 * Throws where the gradient of `evaluate` with respect to an element and (f(x + ε) − f(x − ε)) / 2ε are not the same.
 *
 * @param evaluate gives a scalar, the same every time for the same values of `inputs`
 */
export async function expectGradients(
  what: string,
  evaluate: () => Tensor,
  inputs: readonly Differentiable[],
  dtype: "float32" | "float64",
  given?: Tolerance,
): Promise<void> {
  const { eps } = STEPS[dtype];
  const tolerance = given ?? STEPS[dtype].tolerance;
  for (const { tensor: x } of inputs) x.grad = null;
  scope(() => {
    const value = evaluate();
    if (value.requiresGrad) value.backward();
  });
  for (const { name, tensor: x } of inputs) {
    const values = Float64Array.from(await x.data());
    const grad = x.grad ? await x.grad.data() : undefined;
    const at = async (element: number, value: number): Promise<number> => {
      const moved = values.slice();
      moved[element] = value;
      noGrad(() => assign(x, moved));
      // With gradients on, as it was before: layers warn of training without them.
      const result = scope(evaluate);
      return result.item();
    };
    const every = Math.max(1, Math.ceil(x.numel / MOST));
    for (let e = 0; e < x.numel; e += every) {
      const quotient =
        ((await at(e, values[e] + eps)) - (await at(e, values[e] - eps))) / (2 * eps);
      const ours = grad ? grad[e] : 0;
      if (isClose(ours, quotient, tolerance)) continue;
      fail(
        `${what}: the gradient of ${name}[${e}] (at ${values[e]}) is ${grad ? ours : "missing"}, the difference quotient ${quotient}`,
        grad
          ? "Correct the gradient rule, or leave it out where the ops used have gradients of their own"
          : "Compute the result with ops on tensors, without data(), item() or noGrad(), which are not recorded",
      );
    }
    noGrad(() => assign(x, values));
  }
  for (const { tensor: x } of inputs) x.grad = null;
}

function assign(x: Tensor, values: Float64Array): void {
  scope(() => {
    x.copy_(tensor(values, { shape: x.shape, dtype: x.dtype, device: x.device }));
  });
}

import { DlError, formatShape, type Tensor, tensor } from "@dl/tensor/core";
import { gradients } from "./backward.ts";

export interface GradcheckOptions {
  /** Step of the central difference. Default 1e-6. */
  eps?: number;
  /** Absolute tolerance. Default 1e-5. */
  atol?: number;
  /** Relative tolerance. Default 1e-3. */
  rtol?: number;
}

/**
 * Compares the gradients of `fn` with central differences, (f(x + ε) − f(x − ε)) / 2ε, for every element of every input
 * that requires a gradient. In float64: float32 has too few digits for a difference.
 *
 * @returns true
 * @throws DlError "gradient", naming input, element and both values.
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  inputs.forEach((t, i) => {
    if (t.requiresGrad && t.dtype !== "float64")
      throw new DlError(
        "dtype",
        `gradcheck: input ${i} is ${t.dtype}: use float64, other types have too few digits for a difference`,
      );
  });
  const run = (args: readonly Tensor[]) => [fn(...args)].flat() as Tensor[];
  const outputs = run(inputs);
  const wanted = inputs.filter((t) => t.requiresGrad);
  if (wanted.length === 0) throw new DlError("gradient", "gradcheck: no input requires a gradient");
  outputs.forEach((out, o) => {
    if (!out.requiresGrad) return;
    const analytic = jacobian(out, wanted);
    wanted.forEach((x, w) => {
      const values = x.dataSync() as Float64Array;
      for (let e = 0; e < x.numel; e++) {
        const at = (step: number) => {
          const moved = values.slice();
          moved[e] += step;
          const here = tensor(moved, { shape: x.shape, device: x.device, requiresGrad: true });
          return run(inputs.map((t) => (t === x ? here : t)))[o].dataSync();
        };
        const high = at(eps);
        const low = at(-eps);
        for (let k = 0; k < high.length; k++) {
          const numeric = (high[k] - low[k]) / (2 * eps);
          const ours = analytic[k][w][e];
          if (Math.abs(numeric - ours) <= atol + rtol * Math.abs(numeric)) continue;
          throw new DlError(
            "gradient",
            `gradcheck: d output ${o}[${k}] / d input ${inputs.indexOf(x)}[${e}] (shapes ${formatShape(out.shape)}, ${formatShape(x.shape)}): the gradient is ${ours}, the difference quotient ${numeric}`,
          );
        }
      }
    });
  });
  return true;
}

/** Of each element of `out`, the gradients of all inputs. */
function jacobian(out: Tensor, inputs: readonly Tensor[]): ArrayLike<number>[][] {
  return Array.from({ length: out.numel }, (_, k) => {
    const unit = new Float64Array(out.numel);
    unit[k] = 1;
    const seed = tensor(unit, { shape: out.shape, device: out.device });
    const grads = gradients(out, inputs, {
      gradOutputs: seed,
      retainGraph: true,
      allowUnused: true,
    });
    return grads.map((g, i) => g?.dataSync() ?? new Float64Array(inputs[i].numel));
  });
}

/** Functions into functions of gradients, as torch.func and JAX have them. */
import { DlError, isTensor, type Tensor } from "@dl/tensor/core";
import { type GradOptions, gradients } from "./backward.ts";
import { enableGrad } from "./mode.ts";

export interface TransformOptions {
  /** Which arguments to differentiate with respect to. Default: the first. */
  argnums?: number | readonly number[];
}

type TensorFunction<A extends readonly unknown[]> = (...args: A) => Tensor;

/**
 * `fn` into a function that gives its value, which is one number, and its gradients with respect to `argnums`.
 *
 * @example
 * const f = valueAndGrad((x) => x.square().sum());
 * f(tensor([1, 2])).grads[0] // => [2, 4]
 */
export function valueAndGrad<A extends readonly any[] = Tensor[]>(
  fn: TensorFunction<A>,
  { argnums = 0 }: TransformOptions = {},
): (...args: A) => { value: Tensor; grads: Tensor[] } {
  const positions = typeof argnums === "number" ? [argnums] : argnums;
  return (...args) => {
    // An argument that is being differentiated already stays in that graph: gradients of gradients by nesting.
    let isNested = false;
    const inner = args.slice();
    const inputs = positions.map((i) => {
      const x = args[i];
      if (!isTensor(x)) throw new DlError("value", `valueAndGrad: argument ${i} is not a tensor`);
      isNested ||= x.requiresGrad;
      inner[i] = x.requiresGrad ? x : x.detach().requiresGrad_();
      return inner[i] as Tensor;
    });
    const value = enableGrad(() => fn(...(inner as unknown as A)));
    const grads = gradients(value, inputs, { createGraph: isNested }) as Tensor[];
    return { value: isNested ? value : value.detach(), grads };
  };
}

/**
 * Two uses. `grad(outputs, inputs, options)`: gradients of computed outputs with respect to inputs, as
 * torch.autograd.grad. `grad(fn)`: a function that gives the gradient of `fn` with respect to its first argument.
 *
 * @example
 * const x = tensor(3, { requiresGrad: true });
 * const [dx] = grad(x.pow(3), x, { createGraph: true });
 * dx // => 27
 * grad(dx, x)[0] // => 18
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad<A extends readonly any[] = Tensor[]>(
  fn: TensorFunction<A>,
  options?: { argnums?: number },
): (...args: A) => Tensor;
export function grad(first: unknown, second?: unknown, options?: GradOptions): unknown {
  if (typeof first === "function") {
    const both = valueAndGrad(first as TensorFunction<Tensor[]>, second as TransformOptions);
    return (...args: Tensor[]) => both(...args).grads[0];
  }
  return gradients(first as Tensor, second as Tensor, options);
}

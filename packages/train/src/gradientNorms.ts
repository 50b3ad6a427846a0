import { DlError, norm, scope, stack, type Tensor } from "@dl/tensor/core";
import { unrecorded } from "./modes.ts";

export interface GradientNorms {
  /** Of all gradients as one vector. */
  readonly total: number;
  /** Of the gradients of each module's own parameters, by its path. */
  readonly layers: Readonly<Record<string, number>>;
  /** By the parameter's name. Those without a gradient are left out. */
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * How long gradients are, parameter by parameter and layer by layer: where they vanish or explode. After `backward()`,
 * before `zeroGrad()`; in `fit` in a callback's `onGradients`. All are read at once.
 *
 * @param options `normType`: the order of the norm, Infinity for the largest element; default 2
 * @throws DlError "gradient" when no parameter has a gradient.
 *
 * @example
 * const [a, b] = [tensor([1, 1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
 * a.mul(tensor([3, 4])).sum().add(b.mul(12).sum()).backward();
 * const model = { namedParameters: () => [["0.weight", a], ["1.weight", b]] as [string, Tensor][] };
 * const { total, layers } = await gradientNorms(model);
 * total // => 13
 * layers // => { 0: 5, 1: 12 }
 */
export async function gradientNorms(
  model: { namedParameters(): Iterable<readonly [name: string, parameter: Tensor]> },
  { normType = 2 }: { normType?: number } = {},
): Promise<GradientNorms> {
  const found = [...model.namedParameters()].filter(([, p]) => p.grad && p.grad.released === null);
  if (found.length === 0)
    throw new DlError(
      "gradient",
      "gradientNorms: no parameter has a gradient: call loss.backward() before, and zeroGrad() after",
    );
  const { device } = found[0][1];
  const norms = unrecorded(() =>
    scope(() =>
      stack(found.map(([, p]) => norm(p.grad!, { p: normType }).to(device).to("float32"))),
    ),
  );
  const values = [...(await norms.data())];
  norms.dispose();

  const byLayer = new Map<string, number[]>();
  found.forEach(([name], i) => {
    const path = name.slice(0, Math.max(0, name.lastIndexOf(".")));
    byLayer.set(path, [...(byLayer.get(path) ?? []), values[i]]);
  });
  const together = (xs: readonly number[]): number =>
    normType === Infinity
      ? Math.max(...xs)
      : xs.reduce((sum, x) => sum + x ** normType, 0) ** (1 / normType);
  return {
    total: together(values),
    layers: Object.fromEntries([...byLayer].map(([path, own]) => [path, together(own)])),
    parameters: Object.fromEntries(found.map(([name], i) => [name, values[i]])),
  };
}

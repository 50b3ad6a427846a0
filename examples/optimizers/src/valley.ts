import { type Tensor, tensor } from "@dl/tensor";

export const START = [-1.2, 1];
export const MINIMUM = [1, 1];

/** Rosenbrock's valley, (1 − x)² + 100 (y − x²)²: a step across is a hundred times as steep as one along it. */
export function valley(point: Tensor): Tensor {
  const [x, y] = [point.select(0, 0), point.select(0, 1)];
  return x.neg().add(1).square().add(y.sub(x.square()).square().mul(100));
}

/** The same for plain numbers, for the picture. */
export const height = (x: number, y: number): number => (1 - x) ** 2 + 100 * (y - x * x) ** 2;

export const start = (): Tensor => tensor(START, { requiresGrad: true });

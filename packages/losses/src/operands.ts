/** What losses ask of their operands. */
import {
  broadcastShapes,
  DlError,
  formatShape,
  isFloating,
  ShapeError,
  sameShape,
  type Tensor,
} from "@dl/tensor/core";

/** Broadcasting [N, 1] against [N] makes N² differences out of N, and a model that learns the mean: PyTorch warns. */
export function requireSameShape(name: string, prediction: Tensor, target: Tensor): void {
  if (sameShape(prediction.shape, target.shape)) return;
  const [a, b] = [prediction.shape, target.shape];
  const fix =
    a.length === b.length + 1 && a.at(-1) === 1
      ? "use target.unsqueeze(-1), or prediction.squeeze(-1)"
      : b.length === a.length + 1 && b.at(-1) === 1
        ? "use target.squeeze(-1), or prediction.unsqueeze(-1)"
        : "reshape one of them";
  throw new ShapeError(
    `${name}: prediction ${formatShape(a)} and target ${formatShape(b)} have to have one shape: ${fix}`,
  );
}

/** An option that is multiplied to every element's loss: it may be broadcast, but not enlarge the result. */
export function requireFactor(name: string, what: string, factor: Tensor, like: Tensor): void {
  const misfit = () =>
    new ShapeError(
      `${name}: ${what} ${formatShape(factor.shape)} does not broadcast to the prediction's shape ${formatShape(like.shape)}`,
    );
  let common: readonly number[];
  try {
    common = broadcastShapes([like.shape, factor.shape], name);
  } catch {
    throw misfit();
  }
  if (!sameShape(common, like.shape)) throw misfit();
}

/** Operands with one number of dimensions, each broadcast to the shape they have in common. */
export function broadcastTogether(name: string, named: Record<string, Tensor>): Tensor[] {
  const tensors = Object.values(named);
  const list = () =>
    Object.entries(named)
      .map(([k, t]) => `${k} ${formatShape(t.shape)}`)
      .join(", ");
  if (tensors.some((t) => t.rank !== tensors[0].rank))
    throw new ShapeError(
      `${name}: ${list()} have to have one number of dimensions: use unsqueeze where one is missing`,
    );
  const shape = broadcastShapes(
    tensors.map((t) => t.shape),
    `${name} (${list()})`,
  );
  return tensors.map((t) => (sameShape(t.shape, shape) ? t : t.expand(shape)));
}

/** One weight per class, `[C]`. */
export function requireClassWeight(name: string, weight: Tensor, classes: number): void {
  if (weight.rank === 1 && weight.shape[0] === classes) return;
  throw new ShapeError(
    `${name}: weight has to have one number per class, ${formatShape([classes])}, got ${formatShape(weight.shape)}`,
  );
}

export function requirePositive(name: string, what: string, value: number): void {
  if (!(value > 0)) throw new DlError("value", `${name}: ${what} ${value} has to be positive`);
}

/** Targets of whole numbers count in the prediction's dtype. */
export const asFloat = (target: Tensor, like: Tensor): Tensor =>
  isFloating(target.dtype) ? target : target.to(like.dtype);

/** How far tensors are from each other. */
import * as T from "@dl/tensor/core";
import {
  defineComposite,
  defineMap,
  dispatch,
  expr,
  formatShape,
  indexSelect,
  norm,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from "@dl/tensor/core";

/**
 * x / max(‖x‖ₚ, eps) along `dim`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 *
 * @example
 * normalize(tensor([[3, 4]])) // => [[0.6, 0.8]]
 */
export const normalize = (
  x: Tensor,
  { p = 2, dim = 1, eps = 1e-12 }: { p?: number; dim?: T.Dims; eps?: number } = {},
): Tensor => scope(() => x.div(norm(x, { p, dim, keepdim: true }).clamp({ min: eps })));

/** max(x, low) with the gradient of x everywhere: as in PyTorch, a norm below eps still has its own. */
const atLeast = defineMap<[Tensor, number]>("cosineSimilarity", (x, low) => expr.max(x, low), {
  gradient: (g) => [g],
});
/**
 * Σ a·b / (max(‖a‖, eps) · max(‖b‖, eps)) along `dim` of the two broadcast together.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 *
 * @example
 * cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // => [0.707107]
 */
export const cosineSimilarity = (
  x1: Tensor,
  x2: Tensor,
  { dim = 1, eps = 1e-8 }: { dim?: number; eps?: number } = {},
): Tensor =>
  scope(() => {
    const shape = T.broadcastShapes([x1.shape, x2.shape], "cosineSimilarity");
    const [a, b] = [x1, x2].map((x) => {
      const full = x.expand(shape);
      return full.div(atLeast(norm(full, { dim, keepdim: true }), eps));
    });
    return a.mul(b).sum(dim);
  });

/**
 * ‖x1 − x2 + eps‖ₚ over the last dimension.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
 *
 * @example
 * pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // => [5]
 */
export const pairwiseDistance = (
  x1: Tensor,
  x2: Tensor,
  { p = 2, eps = 1e-6, keepdim = false }: { p?: number; eps?: number; keepdim?: boolean } = {},
): Tensor => scope(() => norm(x1.sub(x2).add(eps), { p, dim: -1, keepdim }));

/**
 * ‖xᵢ − xⱼ‖ₚ of all pairs i < j of the rows of x `[N, M]`: `[N (N − 1) / 2]`, row by row.
 *
 * @throws ShapeError when x is not a matrix.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html
 *
 * @example
 * pdist(tensor([[0, 0], [3, 4], [0, 1]])) // => [5, 1, 4.242641]
 */
export function pdist(x: Tensor, { p = 2 }: { p?: number } = {}): Tensor {
  if (x.rank !== 2)
    throw new ShapeError(`pdist: a matrix [N, M] is wanted, got ${formatShape(x.shape)}`);
  const [n] = x.shape;
  const pairs: [number, number][] = [];
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) pairs.push([i, j]);
  return scope(() => {
    const [first, second] = [0, 1].map((side) => {
      const rows = Int32Array.from(pairs, (pair) => pair[side]);
      return indexSelect(x, 0, tensor(rows, { device: x.device }));
    });
    const difference = first.sub(second);
    return p === Infinity
      ? dispatch(largestOp, [difference], null)
      : norm(difference, { p, dim: 1 });
  });
}
/** The largest |x| of each row. Equal ones have the whole gradient each, as in PyTorch's pdist; `amax` shares it. */
const largestOp = defineComposite<null>("pdist", {
  decompose: ([x]) => [x.abs().amax(1)],
  saves: () => ({ inputs: [0], outputs: [0] }),
  gradient([g], { input, output }) {
    const x = input(0);
    const hit = x.abs().eq(output().unsqueeze(1));
    return [x.sign().mul(g!.unsqueeze(1)).maskedFill(hit.logicalNot(), 0)];
  },
});

import { arange, full, zeros } from "../create.ts";
import { scope } from "../scope.ts";
import { requireSizes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { unravelIndex } from "./grids.ts";
import { scatter } from "./indexing.ts";
import { stack } from "./join.ts";
import { cumsum } from "./scan.ts";

/**
 * `nonzero` with a result of known size, so that nothing has to be read back: the first `size` positions, and rows of
 * `fillValue` if there are fewer.
 *
 * @param options.fillValue default −1.
 * @throws DlError for a size that is no whole number from 0.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nonzero_static.html
 *
 * @example
 * nonzeroStatic(tensor([[0, 7], [8, 0]]), 3) // => [[0, 1], [1, 0], [-1, -1]]
 */
export function nonzeroStatic(
  x: Tensor,
  size: number,
  { fillValue = -1 }: { fillValue?: number } = {},
): Tensor {
  requireSizes("nonzeroStatic", [size]);
  const { rank, shape, numel } = x;
  const device = { device: x.device };
  if (rank === 0 || size === 0) return zeros([size, rank], { dtype: "int32", ...device });
  return scope(() => {
    const isThere = x.detach().ne(0).reshape([numel]);
    const rank = cumsum(isThere, 0).sub(1);
    // What is not wanted goes behind the last row.
    const row = isThere.logicalAnd(rank.lt(size)).where(rank, size).to("int32");
    const places = full([size + 1], -1, { dtype: "int32", ...device });
    const flat = scatter(places, 0, row, arange(numel, device)).narrow(0, 0, size);
    const columns = unravelIndex(flat, shape);
    return flat
      .lt(0)
      .unsqueeze(1)
      .where(fillValue, stack(columns, { dim: 1 }))
      .to("int32");
  });
}

/** Reading images and volumes at positions that are data: spatial transformers (Jaderberg et al. 2015). */
import { defineMap } from "../define.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { scope } from "../scope.ts";
import { numelOf, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { constantLike } from "./lines.ts";

export interface GridSampleOptions {
  /** Default "bilinear", which is trilinear for volumes; "bicubic" is for images. */
  mode?: "bilinear" | "nearest" | "bicubic";
  /** What lies outside: zeros (the default), the nearest element of the border, or the reflected image. */
  paddingMode?: "zeros" | "border" | "reflection";
  /** Whether −1 and 1 are the centres of the corner elements, instead of their outer edges. Default false. */
  alignCorners?: boolean | null;
}

// Maps of a coordinate along a dimension of n elements.

/** From −1 … 1 to elements. */
const toElements = defineMap<[Tensor, number]>("gridSample", (x, n) =>
  E.div(E.sub(E.mul(E.add(x, 1), n), 1), 2),
);
const toElementsAligned = defineMap<[Tensor, number]>("gridSample", (x, n) =>
  E.mul(E.div(E.add(x, 1), 2), E.sub(n, 1)),
);
/** Into the image. No gradient on the border itself, as in PyTorch. */
const toBorder = defineMap<[Tensor, number]>("gridSample", (x, n) => {
  const last = E.sub(n, 1);
  return E.select(E.gt(x, 0), E.select(E.lt(x, last), x, last), 0);
});
/** Reflected at `low` and `low + span` until it is between them. */
const reflected = defineMap<[Tensor, number, number]>("gridSample", (x, low, span) => {
  const distance = E.abs(E.sub(x, low));
  const extra = E.rem(distance, span);
  const flips = E.floor(E.div(distance, span));
  const isEven = E.eq(E.rem(flips, 2), 0);
  return E.add(E.select(isEven, extra, E.sub(span, extra)), low);
});
const isInside = defineMap<[Tensor, number]>("gridSample", (x, n) =>
  E.cast(E.and(E.le(0, x), E.lt(x, n))),
);
/** A position that can be read, also of what lies outside or is no number. */
const readable = defineMap<[Tensor, number]>("gridSample", (x, n) =>
  E.select(E.and(E.le(0, x), E.lt(x, n)), x, 0),
);

/** Positions in all dimensions so far, and one more of n elements. */
const join = defineMap<[Tensor, Tensor, number]>("gridSample", (at, next, n) =>
  E.add(E.mul(at, n), next),
);
const addProduct = defineMap<[Tensor, Tensor, Tensor]>("gridSample", (y, x, weight) =>
  E.add(y, E.mul(x, weight)),
);

interface Sampling {
  readonly paddingMode: NonNullable<GridSampleOptions["paddingMode"]>;
  readonly alignCorners: boolean;
}

function padded(x: Tensor, n: number, { paddingMode, alignCorners }: Sampling): Tensor {
  if (paddingMode === "zeros") return x;
  if (paddingMode === "border") return toBorder(x, n);
  if (!alignCorners) return toBorder(reflected(x, -0.5, n), n);
  return n === 1 ? x.mul(0) : toBorder(reflected(x, 0, n - 1), n);
}

/** Along one dimension: positions (whole numbers, some perhaps outside) and their weights, all [N, P]. */
interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | null;
}

function tapsOf(
  coordinate: Tensor,
  n: number,
  mode: NonNullable<GridSampleOptions["mode"]>,
  sampling: Sampling,
): Tap[] {
  const x = sampling.alignCorners ? toElementsAligned(coordinate, n) : toElements(coordinate, n);
  if (mode === "bicubic") {
    const start = x.floor();
    return CUBIC.map((weight, k) => ({
      at: padded(start.add(k - 1).detach(), n, sampling),
      weight: weight(x.sub(start)),
    }));
  }
  const position = padded(x, n, sampling);
  if (mode === "nearest") return [{ at: position.detach().round(), weight: null }];
  const start = position.floor();
  const part = position.sub(start);
  return [
    { at: start, weight: part.neg().add(1) },
    { at: start.add(1), weight: part },
  ];
}

/** Keys' cubic filter with a = −¾, for the four neighbours of a position that lies `t` behind the second. */
const A = -0.75;
const far = (t: E.ExprLike) => E.mul(E.sub(E.mul(E.add(E.mul(E.sub(t, 5), t), 8), t), 4), A);
const near = (t: E.ExprLike) => E.add(E.mul(E.mul(E.sub(E.mul(t, A + 2), A + 3), t), t), 1);
const CUBIC = [
  (t: E.Expr) => far(E.add(t, 1)),
  (t: E.Expr) => near(t),
  (t: E.Expr) => near(E.sub(1, t)),
  (t: E.Expr) => far(E.sub(2, t)),
].map((weight) => defineMap<[Tensor]>("gridSample", weight));

/**
 * x read at the positions of a grid: −1 … 1 from edge to edge, x (along W) before y before z.
 *
 *     x [N, C, H, W], grid [N, OH, OW, 2] → [N, C, OH, OW]
 *     x [N, C, D, H, W], grid [N, OD, OH, OW, 3] → [N, C, OD, OH, OW]
 *
 * Both have gradients; that of the grid is zero with "nearest".
 *
 * @throws ShapeError when the grid does not fit the input, DlError "value" for an unknown mode.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html
 *
 * @example
 * gridSample(tensor([[[[1, 2], [3, 4]]]]), zeros(1, 1, 1, 2)) // => [[[[2.5]]]]
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const { mode = "bilinear", paddingMode = "zeros" } = options;
  check(x, grid, mode, paddingMode);
  const [n, c, ...size] = x.shape;
  const out = grid.shape.slice(1, -1);
  const points = numelOf(out);
  const sampling: Sampling = { paddingMode, alignCorners: options.alignCorners ?? false };
  return scope(() => {
    const flat = x.reshape([n, c, numelOf(size)]);
    const taps = size.map((length, i) => {
      // The grid's last dimension names W first.
      const coordinate = grid.select(-1, size.length - 1 - i).reshape([n, points]);
      // Each is part of several corners.
      return tapsOf(coordinate, length, mode, sampling).map(({ at, weight }) => {
        const inside = isInside(at.detach(), length);
        return {
          at: readable(at.detach(), length),
          weight: weight ? weight.mul(inside) : inside,
        };
      });
    });
    let y: Tensor | undefined;
    for (const corner of combinations(taps)) {
      const at = corner.map((tap) => tap.at).reduce((sum, x, i) => join(sum, x, size[i]));
      const weight = corner.map((tap) => tap.weight).reduce((a, b) => a.mul(b));
      const index = at.to("int32").unsqueeze(1).expand([n, c, points]);
      const part = flat.gather(2, index);
      y = y ? addProduct(y, part, weight.unsqueeze(1)) : part.mul(weight.unsqueeze(1));
    }
    return y!.reshape([n, c, ...out]);
  });
}

const combinations = <X>(lists: readonly (readonly X[])[]): X[][] =>
  lists.reduce<X[][]>((all, list) => all.flatMap((head) => list.map((x) => [...head, x])), [[]]);

function check(x: Tensor, grid: Tensor, mode: string, paddingMode: string): void {
  const dims = x.rank - 2;
  if (dims !== 2 && dims !== 3)
    throw new ShapeError(
      `gridSample: the input has to be [N, C, H, W] or [N, C, D, H, W], got ${formatShape(x.shape)}`,
    );
  if (grid.rank !== x.rank || grid.shape[0] !== x.shape[0] || grid.shape.at(-1) !== dims) {
    const wanted = [x.shape[0], ...["OD", "OH", "OW"].slice(3 - dims), dims].join(", ");
    throw new ShapeError(
      `gridSample: the grid has to be [${wanted}] for the input ${formatShape(x.shape)}, got ${formatShape(grid.shape)}`,
    );
  }
  if (x.shape.slice(2).includes(0))
    throw new ShapeError(`gridSample: the input ${formatShape(x.shape)} has nothing to read`);
  const known = dims === 2 ? ["bilinear", "nearest", "bicubic"] : ["bilinear", "nearest"];
  if (!known.includes(mode))
    throw new DlError(
      "value",
      `gridSample: mode is ${known.map((m) => `"${m}"`).join(" or ")} for ${x.rank} dimensions, got ${JSON.stringify(mode)}`,
    );
  if (!["zeros", "border", "reflection"].includes(paddingMode))
    throw new DlError(
      "value",
      `gridSample: paddingMode is "zeros", "border" or "reflection", got ${JSON.stringify(paddingMode)}`,
    );
  if (x.dtype !== grid.dtype)
    throw new DlError(
      "dtype",
      `gridSample: the grid is ${grid.dtype}, the input ${x.dtype}: convert with .to("${x.dtype}")`,
    );
}

/**
 * The grid for {@link gridSample} that an affine map makes: `grid[n, i, j] = theta[n] · (x, y, 1)`.
 *
 * @param theta `[N, 2, 3]` for images, `[N, 3, 4]` for volumes
 * @param size of the result of gridSample, `[N, C, H, W]` or `[N, C, D, H, W]`
 * @returns `[N, H, W, 2]` or `[N, D, H, W, 3]`
 * @throws ShapeError when theta does not fit the size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
 *
 * @example
 * affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 1, 1, 2]) // => [[[[-0.5, 0], [0.5, 0]]]]
 */
export function affineGrid(
  theta: Tensor,
  size: Shape,
  { alignCorners = null }: { alignCorners?: boolean | null } = {},
): Tensor {
  const [n, , ...out] = size;
  const dims = out.length;
  if ((dims !== 2 && dims !== 3) || size.some((k) => !(k > 0)))
    throw new ShapeError(
      `affineGrid: size has to be [N, C, H, W] or [N, C, D, H, W] with positive sizes, got ${formatShape(size)}`,
    );
  if (
    theta.rank !== 3 ||
    theta.shape[0] !== n ||
    theta.shape[1] !== dims ||
    theta.shape[2] !== dims + 1
  )
    throw new ShapeError(
      `affineGrid: theta has to be [${n}, ${dims}, ${dims + 1}] for size ${formatShape(size)}, got ${formatShape(theta.shape)}`,
    );
  const lines = out.map((k) =>
    Array.from({ length: k }, (_, i) => {
      if (alignCorners) return k > 1 ? (2 * i) / (k - 1) - 1 : 0;
      return (2 * i + 1) / k - 1;
    }),
  );
  // Each point as (x, y, 1): the last dimension first.
  const base = combinations(lines).flatMap((point) => [...point.toReversed(), 1]);
  return scope(() =>
    constantLike(base, [1, numelOf(out), dims + 1], theta)
      .expand([n, numelOf(out), dims + 1])
      .matmul(theta.transpose(1, 2))
      .reshape([n, ...out, dims]),
  );
}

import {
  DlError,
  dispatch,
  type MapOp,
  promoteTypes,
  sumOfMap,
  type Tensor,
  toFloating,
} from "@dl/tensor/core";

/** Each element's loss, their sum, or their mean. */
export type Reduction = "none" | "mean" | "sum";
export interface ReductionOptions {
  /** Default "mean". */
  reduction?: Reduction;
}

export function checkReduction(reduction: string, name: string): void {
  if (reduction === "none" || reduction === "mean" || reduction === "sum") return;
  throw new DlError(
    "value",
    `${name}: reduction ${JSON.stringify(reduction)} is not one of "none", "mean", "sum"`,
  );
}

/** An elementwise loss; summed in the same pass as it is computed. */
export function reduceMap(
  map: MapOp,
  operands: readonly Tensor[],
  reduction: Reduction,
  scalars: readonly number[] = [],
): Tensor {
  checkReduction(reduction, map.name);
  const dtype = operands.map((t) => toFloating(t.dtype)).reduce(promoteTypes);
  if (reduction === "none") return dispatch(map, operands, { scalars, dtype });
  const [{ shape, numel }] = operands;
  const total =
    shape.length === 0
      ? dispatch(map, operands, { scalars, dtype })
      : sumOfMap(
          map,
          operands,
          shape.map((_, d) => d),
          false,
          scalars,
        );
  return reduction === "sum" ? total : total.div(numel);
}

/** The same for losses that are computed already. */
export function reduceTensor(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === "none" ? losses : reduction === "sum" ? losses.sum() : losses.mean();
}

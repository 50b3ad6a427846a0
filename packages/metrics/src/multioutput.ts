import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import { meanOf } from "./average.ts";
import { Metric, wide } from "./metric.ts";

/** Over outputs: their mean, a list, or their mean by weights of yours. */
export type Multioutput = "uniform_average" | "raw_values" | readonly number[];
export type PerOutput<M> = M extends "raw_values" ? number[] : number;
export interface RegressionOptions<M extends Multioutput = Multioutput> {
  /** Default `"uniform_average"`. */
  multioutput?: M;
}

/** Of numbers `[N]`, or `[N, D]` for several outputs. */
export abstract class RegressionMetric<M extends Multioutput> extends Metric<PerOutput<M>> {
  protected readonly multioutput: Multioutput | "variance_weighted";

  constructor(multioutput: Multioutput | "variance_weighted" = "uniform_average") {
    super();
    this.multioutput = multioutput;
    const named = ["uniform_average", "raw_values", "variance_weighted"];
    if (!Array.isArray(multioutput) && !named.includes(multioutput as string))
      throw new DlError(
        "value",
        `${this.name}: multioutput ${multioutput} is neither ${named.join(", ")} nor a list of weights`,
      );
  }

  /** Both as `[N, D]`, in the dtype of sums. */
  protected pair(prediction: Tensor, target: Tensor): [Tensor, Tensor] {
    const { shape } = prediction;
    if (shape.length !== target.rank || shape.some((n, d) => n !== target.shape[d]))
      throw new ShapeError(
        `${this.name}: prediction ${formatShape(shape)} does not fit target ${formatShape(target.shape)}: both have to be [N] or [N, D]${shape.length === target.rank + 1 && shape.at(-1) === 1 ? ": use prediction.squeeze(-1)" : ""}`,
      );
    const samples = shape[0] ?? 1;
    const outputs = shape.slice(1).reduce((a, b) => a * b, 1);
    const [p, t] = [prediction, target].map((x) =>
      x.detach().to(wide(x)).reshape([samples, outputs]),
    );
    return [p, t];
  }

  protected overOutputs(each: readonly number[], weights?: readonly number[]): PerOutput<M> {
    const { multioutput } = this;
    if (multioutput === "raw_values") return [...each] as PerOutput<M>;
    if (typeof multioutput === "string") return mean(each, weights) as PerOutput<M>;
    if (multioutput.length !== each.length)
      throw new ShapeError(
        `${this.name}: ${multioutput.length} weights in multioutput for ${each.length} outputs`,
      );
    return mean(each, multioutput) as PerOutput<M>;
  }
}

/** NaN stays. */
const mean = (each: readonly number[], weights?: readonly number[]): number =>
  each.some(Number.isNaN) ? Number.NaN : meanOf(each, weights);

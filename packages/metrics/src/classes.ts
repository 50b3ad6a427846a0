import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor";

/**
 * Class numbers of the samples and of the predictions, both int32 `[N]`.
 *
 * @param prediction class numbers of the target's shape, or scores with one more dimension, classes second: `[N, C, ...]`
 */
export function classesOf(
  name: string,
  prediction: Tensor,
  target: Tensor,
): { predicted: Tensor; actual: Tensor } {
  const isScores = prediction.rank === target.rank + 1;
  const wanted = isScores ? prediction.shape.filter((_, d) => d !== 1) : prediction.shape;
  if (wanted.length !== target.rank || wanted.some((n, d) => n !== target.shape[d])) {
    throw new ShapeError(
      `${name}: prediction ${formatShape(prediction.shape)} does not fit target ${formatShape(target.shape)}: class numbers of the same shape, or scores [N, C, ...]`,
    );
  }
  const predicted = isScores ? prediction.detach().argmax(1) : prediction.detach().to("int32");
  return { predicted: predicted.flatten(), actual: target.detach().to("int32").flatten() };
}

export function requireClasses(name: string, numClasses: number): void {
  if (!(Number.isInteger(numClasses) && numClasses > 0))
    throw new DlError(
      "value",
      `${name}: numClasses ${numClasses} has to be a positive whole number`,
    );
}

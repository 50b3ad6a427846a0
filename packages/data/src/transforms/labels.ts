/** Labels: where they are in a sample, and as probabilities. */
import {
  DlError,
  defineMap,
  expr as E,
  formatShape,
  isFloating,
  isTensor,
  oneHot,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import { requireThat } from "./functional/image.ts";
import { fields, float } from "./print.ts";
import { isPlain, sampleOf, Transform } from "./transform.ts";

/** Where the labels of a sample are: by default second in an array, or the member whose name has "label" in it. */
export type LabelsGetter = (sample: any) => Tensor;

export function findLabels(name: string, sample: unknown): unknown {
  if (Array.isArray(sample) && sample.length > 1)
    return isTensor(sample[1]) || typeof sample[1] === "number"
      ? sample[1]
      : findLabels(name, sample[1]);
  if (typeof sample === "object" && sample !== null && !isTensor(sample) && isPlain(sample)) {
    const keys = Object.keys(sample);
    const key =
      keys.find((k) => k.toLowerCase() === "labels") ??
      keys.find((k) => k.toLowerCase().includes("label"));
    if (key) return (sample as Record<string, unknown>)[key];
  }
  throw new DlError(
    "data",
    `${name}: there are no labels in this sample: they are expected second, as in [images, labels], or as a member named "labels"; or give a labelsGetter`,
  );
}

/** A copy of a sample in which one member is another. */
export function replacing(sample: unknown, from: unknown, to: unknown): unknown {
  if (sample === from) return to;
  if (Array.isArray(sample)) {
    // Numbers may occur more than once: the last is the label.
    const at = sample.lastIndexOf(from);
    return at >= 0 ? sample.with(at, to) : sample.map((x) => replacing(x, from, to));
  }
  if (typeof sample === "object" && sample !== null && !isTensor(sample) && isPlain(sample))
    return Object.fromEntries(
      Object.entries(sample).map(([key, value]) => [key, replacing(value, from, to)]),
    );
  return sample;
}

/** Class numbers `[...]` as rows of float32 probabilities `[..., numClasses]`. */
export const probabilitiesOf = (labels: Tensor, numClasses: number): Tensor =>
  oneHot(isFloating(labels.dtype) ? labels.to("int32") : labels, { numClasses }).to("float32");

/** Of labels: a tensor or a number is one, and in a sample `[image, label]` or `{ image, label }` the label is. */
abstract class TargetTransform extends Transform {
  protected abstract target(labels: Tensor): Tensor;
  override forward(...inputs: unknown[]): unknown {
    const sample = sampleOf(inputs);
    const isBare = isTensor(sample) || typeof sample === "number";
    const labels = isBare ? sample : findLabels(this.constructor.name, sample);
    const result = this.target(isTensor(labels) ? labels : tensor(labels as number));
    return isBare ? result : replacing(sample, labels, result);
  }
  transform(): never {
    throw new DlError("value", `${this.constructor.name}: call it with labels or a sample`);
  }
}

/**
 * Class numbers as float32 probabilities: 1 at their place, 0 elsewhere.
 *
 *     [] or [N] → [numClasses] or [N, numClasses]
 *
 * @example
 * new transforms.OneHot(3)([zeros(3, 1, 1), 2])[1] // => [0, 0, 1]
 */
export class OneHot extends TargetTransform {
  readonly numClasses: number;
  constructor(numClasses: number) {
    super();
    requireThat(
      Number.isInteger(numClasses) && numClasses > 0,
      "OneHot",
      `numClasses is a whole number from 1, got ${numClasses}`,
    );
    this.numClasses = numClasses;
  }
  protected target(labels: Tensor): Tensor {
    return probabilitiesOf(labels, this.numClasses);
  }
  override extraRepr(): string {
    return fields({ num_classes: this.numClasses });
  }
}

const smoothed = defineMap<[Tensor, number, number]>("LabelSmoothing", (y, keep, rest) =>
  E.add(E.mul(y, keep), rest),
);
/**
 * Labels that are less sure: `(1 − smoothing) y + smoothing / classes`, as `labelSmoothing` of the cross-entropy does.
 * Of probabilities, or of class numbers with `numClasses`.
 *
 * @example
 * new transforms.LabelSmoothing(0.1, { numClasses: 2 })(tensor([0, 1])) // => [[0.95, 0.05], [0.05, 0.95]]
 */
export class LabelSmoothing extends TargetTransform {
  readonly smoothing: number;
  readonly numClasses: number | null;
  constructor(smoothing: number, { numClasses = null }: { numClasses?: number | null } = {}) {
    super();
    requireThat(
      smoothing >= 0 && smoothing <= 1,
      "LabelSmoothing",
      `smoothing is from 0 to 1, got ${smoothing}`,
    );
    this.smoothing = smoothing;
    this.numClasses = numClasses;
  }
  protected target(labels: Tensor): Tensor {
    const { smoothing, numClasses } = this;
    // [classes] or [N, classes]: rows that are already as long as there are classes.
    const isRows =
      isFloating(labels.dtype) &&
      labels.rank > 0 &&
      (numClasses === null || (labels.rank > 1 && labels.shape.at(-1) === numClasses));
    requireThat(
      isRows || numClasses !== null,
      "LabelSmoothing",
      `class numbers ${formatShape(labels.shape)} want numClasses`,
    );
    const rows = isRows ? labels : probabilitiesOf(labels, numClasses!);
    return smoothed(rows, 1 - smoothing, smoothing / rows.shape[rows.rank - 1]);
  }
  override extraRepr(): string {
    return fields({ smoothing: float(this.smoothing), num_classes: this.numClasses });
  }
}

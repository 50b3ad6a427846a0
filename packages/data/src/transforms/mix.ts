/** Samples mixed with their neighbours, labels in the same proportion. */
import {
  DlError,
  defineMap,
  expr as E,
  formatShape,
  isFloating,
  isTensor,
  roll,
  ShapeError,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { beta, integer } from "./draw.ts";
import { erase } from "./functional/blur.ts";
import { findLabels, type LabelsGetter, probabilitiesOf, replacing } from "./labels.ts";
import { fields, float } from "./print.ts";
import { type GeneratorOption, onImage, sampleOf, Transform } from "./transform.ts";

export interface MixOptions extends GeneratorOption {
  /** Of the beta distribution that proportions come from: below 1 mostly one of the two, above 1 both. Default 1. */
  alpha?: number;
  /** How many classes there are, where labels are class numbers. */
  numClasses?: number | null;
  /** Default "default": second in an array, or the member whose name has "label" in it. */
  labelsGetter?: LabelsGetter | "default";
}

const mixed = defineMap<[Tensor, Tensor, number, number]>("mix", (x, y, part, rest) =>
  E.add(E.mul(y, rest), E.mul(x, part)),
);
/** With those of the sample before: λ x + (1 − λ) x'. */
const withNeighbour = (x: Tensor, part: number): Tensor =>
  mixed(x, roll(x, 1, { dims: 0 }), part, 1 - part);

// biome-ignore lint/correctness/noUnusedVariables: it is merged with the class
interface Mix {
  (images: Tensor, labels: Tensor): [images: Tensor, labels: Tensor];
  <S>(sample: S, index?: number): S;
}
/** Images and labels of a batch change together. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: one call more than that of Transform
abstract class Mix extends Transform {
  readonly alpha: number;
  readonly numClasses: number | null;
  readonly labelsGetter: LabelsGetter | "default";

  constructor({
    alpha = 1,
    numClasses = null,
    labelsGetter = "default",
    generator,
  }: MixOptions = {}) {
    super({ generator });
    if (!(alpha > 0))
      throw new DlError("value", `${this.constructor.name}: alpha is above 0, got ${alpha}`);
    this.alpha = alpha;
    this.numClasses = numClasses;
    this.labelsGetter = labelsGetter;
  }
  override get mixesSamples(): boolean {
    return true;
  }
  transform(): never {
    throw new DlError("value", `${this.constructor.name}: call it with [images, labels]`);
  }
  /** The mixed images, and which part of each label stays. */
  protected abstract mix(images: Tensor): readonly [images: Tensor, part: number];

  override forward(...inputs: unknown[]): unknown {
    const { name } = this.constructor;
    const sample = sampleOf(inputs);
    const { labelsGetter } = this;
    const labels =
      labelsGetter === "default" ? findLabels(name, sample) : labelsGetter(sample as never);
    if (!isTensor(labels))
      throw new DlError("data", `${name}: labels are a tensor, got ${typeof labels}`);
    return scope(() => {
      const rows = this.#rows(labels);
      let part = 1;
      const images = onImage([sample], (x) => {
        if (x.rank !== 4 || x.shape[0] !== labels.shape[0])
          throw new ShapeError(
            `${name}: a batch [N, C, H, W] with a label for each image is wanted, got images ${formatShape(x.shape)} and labels ${formatShape(labels.shape)}: use it after the loader`,
          );
        const [y, stays] = this.mix(x);
        part = stays;
        return y;
      });
      return replacing(images, labels, withNeighbour(rows, part));
    });
  }
  /** Labels as probabilities, [N, classes]. */
  #rows(labels: Tensor): Tensor {
    const { name } = this.constructor;
    const { numClasses } = this;
    if (labels.rank === 1) {
      if (numClasses === null)
        throw new DlError("value", `${name}: labels that are class numbers want numClasses`);
      return probabilitiesOf(labels, numClasses);
    }
    if (labels.rank !== 2 || (numClasses !== null && labels.shape[1] !== numClasses))
      throw new ShapeError(
        `${name}: labels are [N] class numbers or [N, ${numClasses ?? "classes"}] probabilities, got ${formatShape(labels.shape)}`,
      );
    return isFloating(labels.dtype) ? labels : labels.to("float32");
  }
  override extraRepr(): string {
    return fields({ alpha: float(this.alpha), num_classes: this.numClasses });
  }
}

/**
 * Every image mixed with the one before it in the batch, and the labels too: `λ x + (1 − λ) x'` with one λ from
 * Beta(α, α) for the batch (Zhang et al. 2017). Labels become probabilities.
 *
 *     images [N, C, H, W] floats, labels [N] or [N, classes] → [N, C, H, W], [N, classes]
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.MixUp.html
 *
 * @example
 * manualSeed(1);
 * const mixup = new transforms.MixUp({ numClasses: 3 });
 * mixup(zeros(2, 1, 4, 4), tensor([0, 2]))[1].sum({ dim: 1 }) // => [1, 1]
 */
export class MixUp extends Mix {
  protected mix(images: Tensor): readonly [Tensor, number] {
    if (!isFloating(images.dtype))
      throw new DlError(
        "dtype",
        'MixUp: images of bytes cannot be mixed: use ToDtype("float32", { scale: true }) before',
      );
    const part = beta(this.random, this.alpha);
    return [withNeighbour(images, part), part];
  }
}

/**
 * A box of every image replaced by that of the one before it in the batch; labels are mixed in proportion to the areas
 * (Yun et al. 2019). One box for the batch. Labels become probabilities.
 *
 *     images [N, C, H, W], labels [N] or [N, classes] → [N, C, H, W], [N, classes]
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.CutMix.html
 *
 * @example
 * manualSeed(1);
 * const cutmix = new transforms.CutMix({ numClasses: 3 });
 * cutmix(zeros(2, 1, 4, 4), tensor([0, 2]))[1].sum({ dim: 1 }) // => [1, 1]
 */
export class CutMix extends Mix {
  protected mix(images: Tensor): readonly [Tensor, number] {
    const { random } = this;
    const [, , h, w] = images.shape;
    const part = beta(random, this.alpha);
    const [x, y] = [integer(random, 0, w), integer(random, 0, h)];
    const radius = 0.5 * Math.sqrt(1 - part);
    const span = (at: number, size: number): [from: number, to: number] => {
      const half = Math.trunc(radius * size);
      return [Math.max(at - half, 0), Math.min(at + half, size)];
    };
    const [left, right] = span(x, w);
    const [top, bottom] = span(y, h);
    const [height, width] = [bottom - top, right - left];
    const cut = erase(images, top, left, height, width, roll(images, 1, { dims: 0 }));
    return [cut, 1 - (height * width) / (h * w)];
  }
}

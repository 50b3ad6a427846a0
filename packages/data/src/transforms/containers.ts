/** Transforms of transforms. */
import { DlError, isTensor } from "@dl/tensor/core";
import { coin } from "./draw.ts";
import { fields, list } from "./print.ts";
import { grouped } from "./rows.ts";
import {
  type AnyTransform,
  type GeneratorOption,
  mixesSamples,
  onImage,
  type ProbabilityOptions,
  requireProbability,
  sampleOf,
  Transform,
} from "./transform.ts";

/** What containers share: they pass samples on, and have no images of their own. */
abstract class Container extends Transform {
  readonly transforms: readonly AnyTransform[];

  constructor(transforms: readonly AnyTransform[], { generator }: GeneratorOption = {}) {
    super({ generator });
    if (transforms.length === 0)
      throw new DlError("value", `${this.constructor.name}: pass at least one transform`);
    this.transforms = transforms;
  }
  override get mixesSamples(): boolean {
    return mixesSamples(this.transforms);
  }
  transform(): never {
    throw new DlError("value", `${this.constructor.name}: call it with a sample`);
  }
  /**
   * `choose` draws what one image gets, `apply` does it. Where transforms mix samples, the whole batch gets the same.
   */
  protected perImage<K>(
    inputs: readonly unknown[],
    choose: () => K,
    apply: (key: K, sample: unknown) => unknown,
  ): unknown {
    const sample = sampleOf(inputs);
    if (this.mixesSamples) return apply(choose(), sample);
    return onImage([sample], (image) => {
      if (image.rank < 4) return apply(choose(), image) as typeof image;
      const keys = Array.from({ length: image.shape[0] }, choose);
      const { name } = this.constructor;
      return grouped(name, image, keys, (key, rows) => apply(key, rows) as typeof rows);
    });
  }
  protected inTurn(sample: unknown, order?: Iterable<number>): unknown {
    let y = sample;
    for (const k of order ?? this.transforms.keys()) y = this.transforms[k](y);
    return y;
  }
  override extraRepr(): string {
    return this.transforms.map((t) => `    ${nameOf(t)}`).join("\n");
  }
}
const nameOf = (t: AnyTransform): string =>
  t instanceof Transform ? t.toString() : t.name || "function";

/**
 * One after the other. Transforms, or functions of a sample.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Compose.html
 *
 * @example
 * const augment = new transforms.Compose([new transforms.Pad(1), new transforms.RandomCrop(4)]);
 * augment(zeros(8, 3, 4, 4)).shape // => [8, 3, 4, 4]
 */
export class Compose extends Container {
  override forward(...inputs: unknown[]): unknown {
    return this.inTurn(sampleOf(inputs));
  }
}

/**
 * All of the transforms, one after the other, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomApply.html
 *
 * @example
 * new transforms.RandomApply([new transforms.RandomInvert({ p: 1 })], { p: 0 })(tensor([[[0.25]]])) // => [[[0.25]]]
 */
export class RandomApply extends Container {
  readonly p: number;
  constructor(
    transforms: readonly AnyTransform[],
    { p = 0.5, generator }: ProbabilityOptions = {},
  ) {
    super(transforms, { generator });
    requireProbability(p, "RandomApply");
    this.p = p;
  }
  override forward(...inputs: unknown[]): unknown {
    return this.perImage(
      inputs,
      () => coin(this.random, this.p),
      (isChosen, sample) => (isChosen ? this.inTurn(sample) : sample),
    );
  }
}

/**
 * One of the transforms. MixUp and CutMix may be among them: then one is drawn for the whole batch.
 *
 * @param options.p how likely each is, in proportion. Default: all equally.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomChoice.html
 *
 * @example
 * const one = new transforms.RandomChoice([new transforms.Pad(1), new transforms.Pad(2)], { p: [0, 1] });
 * one(zeros(3, 4, 4)).shape // => [3, 8, 8]
 */
export class RandomChoice extends Container {
  readonly p: readonly number[];
  constructor(
    transforms: readonly AnyTransform[],
    { p, generator }: GeneratorOption & { p?: readonly number[] } = {},
  ) {
    super(transforms, { generator });
    const weights = p ?? transforms.map(() => 1);
    const total = weights.reduce((a, b) => a + b, 0);
    if (weights.length !== transforms.length || weights.some((w) => !(w >= 0)) || !(total > 0))
      throw new DlError(
        "value",
        `RandomChoice: p has a weight from 0 for each of the ${transforms.length} transforms, not all 0, got [${weights.join(", ")}]`,
      );
    this.p = weights.map((w) => w / total);
  }
  override forward(...inputs: unknown[]): unknown {
    return this.perImage(
      inputs,
      () => this.#draw(),
      (k, sample) => this.transforms[k](sample),
    );
  }
  /** torchvision draws by other means, from the same distribution. */
  #draw(): number {
    let left = this.random.uniform64();
    const k = this.p.findIndex((p) => (left -= p) < 0);
    return k >= 0 ? k : this.p.findLastIndex((p) => p > 0);
  }
  override extraRepr(): string {
    return fields({ transforms: `[${this.transforms.map(nameOf).join(", ")}]`, p: list(this.p) });
  }
}

/**
 * All of the transforms in random order.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomOrder.html
 *
 * @example
 * new transforms.RandomOrder([new transforms.Pad(1), new transforms.Pad(2)])(zeros(3, 4, 4)).shape // => [3, 10, 10]
 */
export class RandomOrder extends Container {
  override forward(...inputs: unknown[]): unknown {
    const { length } = this.transforms;
    return this.perImage(
      inputs,
      // Equal orders are one group.
      () => this.random.permutation(length).join(),
      (order, sample) => this.inTurn(sample, order.split(",").map(Number)),
    );
  }
  override extraRepr(): string {
    return fields({ transforms: `[${this.transforms.map(nameOf).join(", ")}]` });
  }
}

/**
 * Nothing.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Identity.html
 *
 * @example
 * new transforms.Identity()(tensor([1])) // => [1]
 */
export class Identity extends Transform {
  override forward(...inputs: unknown[]): unknown {
    return sampleOf(inputs);
  }
  transform(): never {
    throw new DlError("value", "Identity: call it with a sample");
  }
}

/**
 * A function of the image, as a transform.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Lambda.html
 *
 * @example
 * new transforms.Lambda((x) => x.mul(2))([tensor([1]), tensor([3])]) // => [[2], [3]]
 */
export class Lambda extends Transform {
  readonly lambd: AnyTransform;
  constructor(lambd: AnyTransform) {
    super();
    this.lambd = lambd;
  }
  override forward(...inputs: unknown[]): unknown {
    const sample = sampleOf(inputs);
    return isTensor(sample) ? this.lambd(sample) : onImage([sample], this.lambd);
  }
  transform(): never {
    throw new DlError("value", "Lambda: call it with a sample");
  }
  override extraRepr(): string {
    return this.lambd.name || "function";
  }
}

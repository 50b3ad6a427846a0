import { DlError, defaultGenerator, type Generator, isTensor, type Tensor } from "@dl/tensor/core";
import { coin } from "./draw.ts";
import { onBatch } from "./functional/image.ts";
import { grouped } from "./rows.ts";

/** `[channels, height, width]` of an image. */
export type ImageSize = readonly [channels: number, height: number, width: number];

export interface GeneratorOption {
  /** Where random numbers come from. Default: the stream that `manualSeed` starts. */
  generator?: Generator;
}

/** A class whose instances are functions; fields of subclasses are put on them. */
class Callable {
  constructor() {
    const self = ((...inputs: unknown[]) => self.forward(...inputs)) as unknown as Transform;
    // So that a subclass may have fields of these names.
    delete (self as { name?: string }).name;
    delete (self as { length?: number }).length;
    // biome-ignore lint/correctness/noConstructorReturn: this is how a class makes functions
    return Object.setPrototypeOf(self, new.target.prototype);
  }
}

// biome-ignore lint/correctness/noUnusedVariables: declarations that merge have the same parameters
export interface Transform<P = unknown> {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  <S>(sample: S, index?: number): S;
}

/**
 * A function of images `[C, H, W]` or `[N, C, H, W]`, float32 from 0 to 1 or uint8. Given an array or an object, such as
 * a sample `[image, label]`, it changes the first tensor in it and passes the rest on: for a `MapDataset`, or for whole
 * batches of a loader.
 *
 * Every image of a batch has parameters of its own, drawn in order: the result is that of the images one by one, but
 * computed together. After `manualSeed(n)` an image becomes what torchvision makes of it after `torch.manual_seed(n)`.
 *
 * To write one, extend it:
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Transform.html
 *
 * @example
 * class Fade extends transforms.Transform<number> {
 *   override makeParams() {
 *     return this.random.uniform32();
 *   }
 *   transform(images: Tensor, factors: readonly number[]) {
 *     return transforms.functional.adjustBrightness(images, factors);
 *   }
 * }
 * manualSeed(0);
 * new Fade()(ones(2, 1, 1, 1)).flatten() // => [0.496257, 0.768222]
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable provides the call signature
export abstract class Transform<P = unknown> extends Callable {
  readonly generator: Generator | undefined;

  constructor({ generator }: GeneratorOption = {}) {
    super();
    this.generator = generator;
  }
  protected get random(): Generator {
    return this.generator ?? defaultGenerator;
  }

  /** Draws the parameters of one image. */
  makeParams(_size: ImageSize): P {
    return undefined as P;
  }
  /** `images` is `[N, C, H, W]`; `params` has one entry for each. */
  abstract transform(images: Tensor, params: readonly P[]): Tensor;

  /** What a call computes. */
  forward(...inputs: unknown[]): unknown {
    return onImage(inputs, (image) => onBatch(this.#name, image, (x) => this.batch(x)));
  }
  /** @internal */
  protected batch(images: Tensor): Tensor {
    const size = sizeOf(images);
    return this.transform(
      images,
      Array.from({ length: images.shape[0] }, () => this.makeParams(size)),
    );
  }

  get #name(): string {
    return this.constructor.name;
  }
  /** @internal Whether samples of a batch are mixed, so that it has to come whole, with its labels. */
  get mixesSamples(): boolean {
    return false;
  }
  /** What stands in the parentheses when it is printed. */
  extraRepr(): string {
    return "";
  }
  /** As torchvision prints it. */
  override toString(): string {
    const lines = this.extraRepr().split("\n");
    const inside = lines.length === 1 ? lines[0] : `\n  ${lines.join("\n  ")}\n`;
    return `${this.#name}(${inside})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

const sizeOf = ({ shape }: Tensor): ImageSize => [shape[1], shape[2], shape[3]];

export interface ProbabilityOptions extends GeneratorOption {
  /** Of being applied, for each image. Default 0.5. */
  p?: number;
}

/** Applied to each image with probability `p`; the others stay as they are. */
export abstract class RandomTransform<P = unknown> extends Transform<P> {
  readonly p: number;

  constructor({ p = 0.5, generator }: ProbabilityOptions = {}) {
    super({ generator });
    requireProbability(p, this.constructor.name);
    this.p = p;
  }
  protected override batch(images: Tensor): Tensor {
    const { random } = this;
    const size = sizeOf(images);
    const params: P[] = [];
    const chosen = Array.from({ length: images.shape[0] }, (_, i) => {
      const isChosen = coin(random, this.p);
      if (isChosen) params[i] = this.makeParams(size);
      return isChosen;
    });
    return this.some(images, chosen, params);
  }
  /** @internal `params` has entries where `chosen` is true. */
  protected some(images: Tensor, chosen: readonly boolean[], params: readonly P[]): Tensor {
    return grouped(this.constructor.name, images, chosen, (isChosen, rows, indices) =>
      isChosen
        ? this.transform(
            rows,
            indices.map((i) => params[i]),
          )
        : rows,
    );
  }
}

export function requireProbability(p: number, name: string): void {
  if (!(p >= 0 && p <= 1))
    throw new DlError("value", `${name}: p is a probability from 0 to 1, got ${p}`);
}

/** A transform, or any function of a sample. */
export type AnyTransform = (sample: any) => any;
export const mixesSamples = (transforms: readonly AnyTransform[]): boolean =>
  transforms.some((t) => (t as Partial<Transform>).mixesSamples === true);

/** @internal A copy of a sample with the first tensor in it replaced. */
export function onImage(inputs: readonly unknown[], change: (image: Tensor) => Tensor): unknown {
  let isDone = false;
  const walk = (x: unknown): unknown => {
    if (isDone) return x;
    if (isTensor(x)) {
      isDone = true;
      return change(x);
    }
    if (Array.isArray(x)) return x.map(walk);
    if (typeof x === "object" && x !== null && isPlain(x))
      return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, walk(value)]));
    return x;
  };
  const result = walk(sampleOf(inputs));
  if (!isDone)
    throw new DlError("data", "transform: there is no image in this sample: no tensor was found");
  return result;
}
/** @internal Tensors one after the other are a sample. What else follows, such as a dataset's index, is not looked at. */
export const sampleOf = (inputs: readonly unknown[]): unknown =>
  inputs.length > 1 && inputs.every(isTensor) ? inputs : inputs[0];
export const isPlain = (x: object): boolean =>
  [Object.prototype, null].includes(Object.getPrototypeOf(x));

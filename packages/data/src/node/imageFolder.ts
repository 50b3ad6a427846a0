import { type Dirent, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { adoptArray, type Backend, DlError, getBackend, type Tensor } from "@dl/tensor/core";
import { type Collated, defaultCollate } from "../collate.ts";
import { Dataset, requireIndex } from "../dataset.ts";
import { MissingFilesError } from "./files.ts";

export interface DecodeOptions {
  /** `"rgb"`: three channels, `"gray"`: one. Transparency is dropped. Default `"rgb"`. */
  mode?: "rgb" | "gray";
  /** Height and width that every image is made to have. Default: its own. */
  size?: readonly [height: number, width: number];
  /** How: stretched, cut off at the sides (`"cover"`), or with black around it (`"contain"`). Default `"fill"`, stretched. */
  fit?: "fill" | "cover" | "contain";
  /** An image of more pixels is an error: it takes memory, whatever its file takes. Default 2²⁶. */
  maxPixels?: number;
}
export interface ImageFolderOptions<T> extends DecodeOptions {
  /** What becomes of an image `[C, H, W]`: cut, turned, normalized. It may be async. */
  transform?: (image: Tensor) => T | Promise<T>;
  /** Names of files that are images. Default: the usual ones, by their ending. */
  isImage?: (name: string) => boolean;
  /** Whether a class may have no images. Default false. */
  allowEmpty?: boolean;
}

const ENDINGS = /\.(jpe?g|png|webp|gif|avif|tiff?|svg|bmp|ppm)$/i;

/**
 * Images in a folder for each class: `root/cat/1.jpg`, `root/dog/nested/2.png`. Classes are numbered in the order of the
 * alphabet. Sample `i` is a promise of `[image, label]`: a float32 `[C, H, W]` from 0 to 1, and a number.
 *
 * Files are decoded by sharp, which is an optional peer dependency: `npm install sharp`. Images of a batch are of one
 * size: pass `size`, or cut them in `transform`. On several threads:
 * `workerDataset(import.meta.resolve("@dl/data/node"), { export: "imageFolder", args: [root, { size }] })`.
 *
 * @throws MissingFilesError when the folder is not there, DlError when it has no classes, or a class no images. A file
 *   that is damaged is named when it is asked for.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
 *
 * @example
 * ```ts no-run: needs images
 * const pictures = new ImageFolder("data/pictures", { size: [64, 64] });
 * const { train, test } = trainTestSplit(pictures, { stratify: pictures.targets });
 * for await (const [images, labels] of new DataLoader(new Subset(pictures, train), { batchSize: 32 })) {
 *   // …
 * }
 * ```
 */
export class ImageFolder<T = Tensor> extends Dataset<[image: T, label: number]> {
  readonly root: string;
  readonly classes: readonly string[];
  /** Files, and the number of their class. */
  readonly samples: readonly (readonly [path: string, label: number])[];
  readonly #options: ImageFolderOptions<T>;

  constructor(root: string, options: ImageFolderOptions<T> = {}) {
    super();
    const { isImage = (name: string) => ENDINGS.test(name), allowEmpty = false } = options;
    checkOptions(options);
    this.root = resolve(root);
    this.#options = options;
    this.classes = list(this.root)
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    if (this.classes.length === 0)
      throw new DlError(
        "data",
        `ImageFolder: ${this.root} has no folders: images are in a folder for each class, as in ${join(root, "cat", "1.jpg")}`,
      );
    const samples: (readonly [string, number])[] = [];
    for (const [label, name] of this.classes.entries()) {
      const before = samples.length;
      for (const path of filesBelow(join(this.root, name)))
        if (isImage(basename(path))) samples.push([path, label]);
      if (samples.length === before && !allowEmpty)
        throw new DlError(
          "data",
          `ImageFolder: ${join(this.root, name)} has no images (${ENDINGS.source.slice(3, -2)}): delete it, or pass { allowEmpty: true }`,
        );
    }
    this.samples = samples;
  }
  get length(): number {
    return this.samples.length;
  }
  /** The class of each sample, for stratified splits. */
  get targets(): number[] {
    return this.samples.map(([, label]) => label);
  }
  async get(index: number): Promise<[image: T, label: number]> {
    requireIndex(index, this.length, "ImageFolder");
    const [path, label] = this.samples[index];
    const image = await decodeImage(path, this.#options);
    const { transform } = this.#options;
    return [transform ? await transform(image) : (image as T), label];
  }

  /** Images that are of one size and are not changed are decoded into the batch they belong to. */
  override getBatch(
    indices: ArrayLike<number>,
    device: Backend = getBackend(),
  ): Promise<Collated<[T, number]>> | undefined {
    const { size, transform } = this.#options;
    return size && !transform ? this.#batch(Array.from(indices), size, device) : undefined;
  }
  async #batch(
    indices: readonly number[],
    [height, width]: readonly [number, number],
    device: Backend,
  ): Promise<Collated<[T, number]>> {
    const channels = this.#options.mode === "gray" ? 1 : 3;
    const length = channels * height * width;
    const pixels = new Float32Array(indices.length * length);
    const labels = await Promise.all(
      indices.map(async (index, k) => {
        requireIndex(index, this.length, "ImageFolder");
        const [path, label] = this.samples[index];
        planes(await decode(path, this.#options), pixels.subarray(k * length, (k + 1) * length));
        return label;
      }),
    );
    const images = adoptArray(pixels, "float32", [indices.length, channels, height, width], device);
    return [images, defaultCollate(labels, device)] as unknown as Collated<[T, number]>;
  }

  /** Decodes every file, and returns those that cannot be, with the reason. */
  async verify(): Promise<{ path: string; error: string }[]> {
    const bad: { path: string; error: string }[] = [];
    for (const [path] of this.samples)
      try {
        await decodeImage(path, { ...this.#options, size: [8, 8] });
      } catch (error) {
        bad.push({ path, error: (error as Error).message });
      }
    return bad;
  }
}

/** `new ImageFolder(root, options)`, by name for `workerDataset`. */
export const imageFolder = (root: string, options?: ImageFolderOptions<Tensor>): ImageFolder =>
  new ImageFolder(root, options);

/**
 * An image file as a tensor `[C, H, W]`, float32 from 0 to 1: JPEG, PNG, WebP, GIF, AVIF, TIFF, SVG, turned the way its
 * camera was held. Bytes of a file are taken as well, with a name for errors.
 *
 * @throws DlError that names the file and what is wrong with it.
 *
 * @example
 * ```ts no-run: needs an image
 * const cat = await decodeImage("cat.jpg", { size: [224, 224], fit: "cover" });
 * ```
 */
export async function decodeImage(
  file: string | Uint8Array,
  options: DecodeOptions & { name?: string } = {},
): Promise<Tensor> {
  const image = await decode(file, options);
  const { channels, height, width } = image;
  const pixels = new Float32Array(channels * height * width);
  planes(image, pixels);
  return adoptArray(pixels, "float32", [channels, height, width], getBackend());
}

/** Bytes, the channels of a pixel side by side; there may be more of them than are wanted. */
interface Decoded {
  readonly data: Uint8Array;
  readonly step: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

async function decode(
  file: string | Uint8Array,
  options: DecodeOptions & { name?: string },
): Promise<Decoded> {
  const { mode = "rgb", size, fit = "fill", maxPixels = 2 ** 26 } = options;
  const name = options.name ?? (typeof file === "string" ? file : "decodeImage");
  checkOptions(options);
  const sharp = await loadSharp();
  let out: { data: Uint8Array; info: { width: number; height: number; channels: number } };
  try {
    let image = sharp(file, { limitInputPixels: maxPixels, failOn: "warning" }).rotate();
    if (size) image = image.resize({ width: size[1], height: size[0], fit, background: "#000" });
    image = image.flatten({ background: "#000" }).toColourspace(mode === "gray" ? "b-w" : "srgb");
    out = await image.raw().toBuffer({ resolveWithObject: true });
  } catch (cause) {
    const { message } = cause as Error;
    if (/input file is missing/i.test(message))
      throw new MissingFilesError(`${name} is not there`, { cause });
    const why = /pixel limit/.test(message)
      ? `it has more than ${maxPixels.toLocaleString("en")} pixels: raise { maxPixels } if there is memory`
      : `${message.trim().split("\n")[0].slice(0, 200)}: the file is damaged, or is no image`;
    throw new DlError("data", `${name} cannot be decoded: ${why}`, { cause });
  }
  const { data, info } = out;
  const { width, height, channels: step } = info;
  const channels = mode === "gray" ? 1 : 3;
  if (step < channels || data.length !== width * height * step)
    throw new DlError("data", `${name}: ${channels} channels are expected, got ${step}`);
  return { data, step, channels, height, width };
}

/** A plane for each channel, from 0 to 1. Local variables only: this loop takes as long as decoding if it is not compiled well. */
function planes({ data, step, channels, height, width }: Decoded, to: Float32Array): void {
  const size = height * width;
  for (let c = 0; c < channels; c++)
    for (let i = c, k = c * size, end = k + size; k < end; i += step) to[k++] = data[i] / 255;
}

function checkOptions({ mode, size, fit, maxPixels }: DecodeOptions): void {
  const wrong = (what: string) => new DlError("value", what);
  if (mode !== undefined && mode !== "rgb" && mode !== "gray")
    throw wrong(`images: mode is "rgb" or "gray", got ${JSON.stringify(mode)}`);
  if (fit !== undefined && !["fill", "cover", "contain"].includes(fit))
    throw wrong(`images: fit is "fill", "cover" or "contain", got ${JSON.stringify(fit)}`);
  const isCount = (n: unknown) => Number.isInteger(n) && (n as number) >= 1;
  if (size !== undefined && !(Array.isArray(size) && size.length === 2 && size.every(isCount)))
    throw wrong(`images: size is [height, width] in pixels, got ${JSON.stringify(size)}`);
  if (maxPixels !== undefined && !isCount(maxPixels))
    throw wrong(`images: maxPixels is a whole number from 1, got ${String(maxPixels)}`);
}

type Sharp = typeof import("sharp")["default"];
let loaded: Promise<Sharp> | undefined;

function loadSharp(): Promise<Sharp> {
  loaded ??= import("sharp").then(
    (module) => module.default,
    (cause) => {
      loaded = undefined;
      throw new DlError(
        "data",
        `images are decoded by sharp, which cannot be loaded: npm install sharp (${(cause as Error).message.split("\n")[0]})`,
        { cause },
      );
    },
  );
  return loaded;
}

/** Entries of a folder, in the order of their names. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
    );
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new MissingFilesError(`ImageFolder: there is no folder ${folder}`, { cause });
    throw new DlError("data", `ImageFolder: ${folder} cannot be read: ${message}`, { cause });
  }
}
function* filesBelow(folder: string): Iterable<string> {
  for (const entry of list(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

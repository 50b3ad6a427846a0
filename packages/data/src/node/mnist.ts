import { join } from "node:path";
import { DlError } from "@dl/tensor/core";
import { parseIdx } from "../idx.ts";
import { ImageDataset, type Normalization } from "../images.ts";
import {
  download,
  type FileOptions,
  MissingFilesError,
  places,
  readFirst,
  rootOf,
  unpackChecked,
} from "./files.ts";

export interface MnistOptions extends FileOptions {
  /** The 60,000 images to train on, or the 10,000 to test on. Default true. */
  train?: boolean;
  /** True: subtract 0.1307 and divide by 0.3081, the mean and standard deviation of the training set. */
  normalize?: boolean | Normalization;
}

/** Name, md5 as published (.gz), md5 of the contents: the latter holds whoever packed them. */
type CanonicalFile = readonly [name: string, packed: string, contents: string];
interface Part {
  readonly count: number;
  readonly images: CanonicalFile;
  readonly labels: CanonicalFile;
}

const TRAIN: Part = {
  count: 60_000,
  images: [
    "train-images-idx3-ubyte",
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "6bbc9ace898e44ae57da46a324031adb",
  ],
  labels: [
    "train-labels-idx1-ubyte",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "a25bea736e30d166cdddb491f175f624",
  ],
};
const TEST: Part = {
  count: 10_000,
  images: [
    "t10k-images-idx3-ubyte",
    "9fb629c4189551a2d022fa330f9573f3",
    "2646ac647ad5339dbf082846283269ea",
  ],
  labels: [
    "t10k-labels-idx1-ubyte",
    "ec29112dd5afa0611ce80d1b7f02629c",
    "27ae3e4e09519cfbb04c329615203637",
  ],
};
const MIRRORS = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
];
const FOLDERS = ["mnist", "MNIST/raw", "."];
const STANDARD: Normalization = { mean: 0.1307, std: 0.3081 };

/**
 * The handwritten digits of LeCun, Cortes and Burges: sample `i` is `[image, label]`, a float32 `[1, 28, 28]` from 0
 * to 1 and an int32 scalar.
 *
 * Looks for the four files, packed or not, in `root`, `root/mnist` and `root/MNIST/raw` (where torchvision puts them),
 * and checks their contents.
 *
 * @throws MissingFilesError when they are not there (nor, with `download`, to be had); DlError when one is damaged.
 */
export async function mnist(options: MnistOptions = {}): Promise<ImageDataset> {
  const { train = true, normalize } = options;
  const { count, images, labels } = train ? TRAIN : TEST;
  const pixels = await contents(images, [count, 28, 28], options);
  const classes = await contents(labels, [count], options);
  return new ImageDataset(pixels, classes, [1, 28, 28], {
    normalize: normalize === true ? STANDARD : normalize || undefined,
    classes: Array.from("0123456789"),
  });
}

async function contents(
  [name, packed, md5]: CanonicalFile,
  shape: readonly number[],
  options: MnistOptions,
): Promise<Uint8Array> {
  const folders = places(rootOf(options), FOLDERS);
  // LeCun's page and some archives spell them with a dot.
  const spellings = [name, name.replace("-idx", ".idx")];
  const paths = folders.flatMap((dir) =>
    spellings.flatMap((s) => [join(dir, `${s}.gz`), join(dir, s)]),
  );
  const home = join(folders[0], `${name}.gz`);
  const file =
    (await readFirst(paths)) ??
    (options.download
      ? await download(
          MIRRORS.map((url) => `${url}${name}.gz`),
          home,
          packed,
          options.onProgress,
        )
      : missing(name, folders));
  let data!: Uint8Array;
  await unpackChecked(file, md5, (bytes) => {
    const idx = parseIdx(bytes, file.path);
    if (String(idx.shape) !== String(shape))
      throw new DlError(
        "data",
        `${file.path}: MNIST's ${name} is ${shape.join("×")}, the header says ${idx.shape.join("×")}: it is another file`,
      );
    data = idx.data as Uint8Array;
  });
  return data;
}

function missing(name: string, folders: readonly string[]): never {
  const names = [...Object.values(TRAIN), ...Object.values(TEST)]
    .filter((file) => Array.isArray(file))
    .map(([file]) => `${file}.gz`);
  throw new MissingFilesError(
    `MNIST is not there: no ${name}.gz in ${folders.join(", ")}. Put the four files ${names.join(", ")} into the first ` +
      "of these folders, name the folder they are in as root (or in the environment as DL_DATA), or pass { download: true }",
  );
}

import { join } from "node:path";
import { DlError } from "@dl/tensor/core";
import { gunzip, isGzip } from "../gzip.ts";
import { parseIdx } from "../idx.ts";
import { ImageDataset, type Normalization } from "../images.ts";
import { requireBalance } from "./cifar100.ts";
import { download } from "./download.ts";
import {
  type FileOptions,
  MissingFilesError,
  places,
  readFirst,
  requireMd5,
  rootOf,
} from "./files.ts";

export interface MnistOptions extends FileOptions {
  /** The 60,000 images to train on, or the 10,000 to test on. Default true. */
  train?: boolean;
  /** True: subtract the training set's mean and divide by its standard deviation. Of MNIST: 0.1307 and 0.3081. */
  normalize?: boolean | Normalization;
}

/** By name of a file: md5 as published (.gz), and md5 of the contents where it is known, which holds whoever packed them. */
type Files = Readonly<Record<(typeof NAMES)[number], readonly [packed: string, contents?: string]>>;
const NAMES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;

/** MNIST, and what others made in its form: four files of the same names. */
interface Kind {
  readonly title: string;
  readonly files: Files;
  readonly mirrors: readonly string[];
  /** Where the files may be, below `root`. They are downloaded to the first. */
  readonly folders: readonly string[];
  readonly standard: Normalization;
  readonly classes: readonly string[];
  /** Whether every class has as many images as the others. */
  readonly balanced: boolean;
}

const MNIST: Kind = {
  title: "MNIST",
  files: {
    "train-images-idx3-ubyte": [
      "f68b3c2dcbeaaa9fbdd348bbdeb94873",
      "6bbc9ace898e44ae57da46a324031adb",
    ],
    "train-labels-idx1-ubyte": [
      "d53e105ee54ea40749a09fcbcd1e9432",
      "a25bea736e30d166cdddb491f175f624",
    ],
    "t10k-images-idx3-ubyte": [
      "9fb629c4189551a2d022fa330f9573f3",
      "2646ac647ad5339dbf082846283269ea",
    ],
    "t10k-labels-idx1-ubyte": [
      "ec29112dd5afa0611ce80d1b7f02629c",
      "27ae3e4e09519cfbb04c329615203637",
    ],
  },
  mirrors: [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
  ],
  folders: ["mnist", "MNIST/raw", "."],
  standard: { mean: 0.1307, std: 0.3081 },
  classes: Array.from("0123456789"),
  balanced: false,
};
const FASHION: Kind = {
  title: "Fashion-MNIST",
  files: {
    "train-images-idx3-ubyte": ["8d4fb7e6c68d591d4c3dfef9ec88bf0d"],
    "train-labels-idx1-ubyte": ["25c81989df183df01b3e8a0aad5dffbe"],
    "t10k-images-idx3-ubyte": ["bef4ecab320f06d8554ea6380940ec79"],
    "t10k-labels-idx1-ubyte": ["bb300cfdad3c16e7a12a480ee83cd310"],
  },
  mirrors: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
  folders: ["fashion-mnist", "fashionmnist", "FashionMNIST/raw", "."],
  standard: { mean: 0.286, std: 0.353 },
  classes: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  balanced: true,
};
const KUZUSHIJI: Kind = {
  title: "KMNIST",
  files: {
    "train-images-idx3-ubyte": ["bdb82020997e1d708af4cf47b453dcf7"],
    "train-labels-idx1-ubyte": ["e144d726b3acfaa3e44228e80efcd344"],
    "t10k-images-idx3-ubyte": ["5c965bf0a639b31b8f53240b1b52f4d7"],
    "t10k-labels-idx1-ubyte": ["7320c461ea6c1c855c0b718fb2a4b134"],
  },
  mirrors: ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
  folders: ["kmnist", "KMNIST/raw", "."],
  standard: { mean: 0.1918, std: 0.3483 },
  classes: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
  balanced: true,
};

/**
 * The handwritten digits of LeCun, Cortes and Burges: sample `i` is `[image, label]`, a float32 `[1, 28, 28]` from 0
 * to 1 and an int32 scalar.
 *
 * Looks for the four files, packed or not, in `root`, `root/mnist` and `root/MNIST/raw` (where torchvision puts them),
 * and checks their contents.
 *
 * @throws MissingFilesError when they are not there (nor, with `download`, to be had); DlError when one is damaged.
 */
export const mnist = (options: MnistOptions = {}): Promise<ImageDataset> => read(MNIST, options);

/**
 * Zalando's pictures of clothes, in 10 classes, in the form of `mnist`. Looks in `root`, `root/fashion-mnist` and
 * `root/FashionMNIST/raw`.
 *
 * @throws MissingFilesError when they are not there (nor, with `download`, to be had); DlError when one is damaged.
 */
export const fashionMnist = (options: MnistOptions = {}): Promise<ImageDataset> =>
  read(FASHION, options);

/**
 * Ten characters of cursive Japanese, Kuzushiji-MNIST, in the form of `mnist`. Looks in `root`, `root/kmnist` and
 * `root/KMNIST/raw`.
 *
 * @throws MissingFilesError when they are not there (nor, with `download`, to be had); DlError when one is damaged.
 */
export const kmnist = (options: MnistOptions = {}): Promise<ImageDataset> =>
  read(KUZUSHIJI, options);

async function read(kind: Kind, options: MnistOptions): Promise<ImageDataset> {
  const { train = true, normalize } = options;
  const count = train ? 60_000 : 10_000;
  const [images, labels] = train ? NAMES.slice(0, 2) : NAMES.slice(2);
  const pixels = await contents(kind, images, [count, 28, 28], options);
  const classes = await contents(kind, labels, [count], options);
  return new ImageDataset(pixels, classes, [1, 28, 28], {
    normalize: normalize === true ? kind.standard : normalize || undefined,
    classes: kind.classes,
  });
}

async function contents(
  kind: Kind,
  name: (typeof NAMES)[number],
  shape: readonly number[],
  options: MnistOptions,
): Promise<Uint8Array> {
  const folders = places(rootOf(options), kind.folders);
  // LeCun's page and some archives spell them with a dot.
  const spellings = [name, name.replace("-idx", ".idx")];
  const paths = folders.flatMap((dir) =>
    spellings.flatMap((s) => [join(dir, `${s}.gz`), join(dir, s)]),
  );
  const [packedMd5, contentsMd5] = kind.files[name];
  const home = join(folders[0], `${name}.gz`);
  let file = await readFirst(paths);
  if (!file) {
    if (!options.download) missing(kind, name, folders);
    const urls = kind.mirrors.map((url) => `${url}${name}.gz`);
    await download(urls, home, { checksum: packedMd5, onProgress: options.onProgress });
    file = (await readFirst([home]))!;
  }
  const numel = shape.reduce((a, b) => a * b);
  const bytes = await gunzip(file.bytes, file.path, { maxBytes: 2 * numel + 2 ** 16 });
  // First what can say more than that something is wrong.
  const idx = parseIdx(bytes, file.path);
  if (String(idx.shape) !== String(shape) || !(idx.data instanceof Uint8Array))
    throw new DlError(
      "data",
      `${file.path}: ${kind.title}'s ${name} is ${shape.join("×")}, the header says ${idx.shape.join("×")}: it is another file`,
    );
  if (kind.balanced && shape.length === 1) requireBalance(idx.data, 10, numel, file.path);
  if (contentsMd5) requireMd5(file.path, bytes, contentsMd5);
  else if (isGzip(file.bytes)) requireMd5(file.path, file.bytes, packedMd5);
  return idx.data;
}

function missing(kind: Kind, name: string, folders: readonly string[]): never {
  throw new MissingFilesError(
    `${kind.title} is not there: no ${name}.gz in ${folders.join(", ")}. Put the four files ${NAMES.map((n) => `${n}.gz`).join(", ")} into the first ` +
      "of these folders, name the folder they are in as root (or in the environment as DL_DATA), or pass { download: true }",
  );
}

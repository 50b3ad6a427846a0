import { join } from "node:path";
import { CIFAR10_CLASSES, parseCifar10 } from "../cifar10.ts";
import { gunzip } from "../gzip.ts";
import { ImageDataset, type Normalization } from "../images.ts";
import { type Archive, unpackArchive } from "./archive.ts";
import {
  type FileOptions,
  type FoundFile,
  MissingFilesError,
  places,
  readFirst,
  requireMd5,
  rootOf,
} from "./files.ts";
import { unpackMed } from "./med.ts";

export interface Cifar10Options extends FileOptions {
  /** The 50,000 images to train on, or the 10,000 to test on. Default true. */
  train?: boolean;
  /** True: subtract the training set's mean and divide by its standard deviation, channel by channel. */
  normalize?: boolean | Normalization;
}

/** md5 of each file of the binary version. */
const TRAIN: Record<string, string> = {
  "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
  "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
  "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
  "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
  "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
};
const TEST: Record<string, string> = { "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d" };

const ARCHIVE: Archive = {
  file: "cifar-10-binary.tar.gz",
  md5: "c32a1d4ab5d03f1284b67883e8d87530",
  mirrors: ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"],
  members: [...Object.keys(TRAIN), ...Object.keys(TEST)],
  maxBytes: 2 ** 28,
};
const FOLDERS = ["cifar10", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "."];
const STANDARD: Normalization = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

/**
 * The 60,000 small photographs of Krizhevsky, in 10 classes: sample `i` is `[image, label]`, a float32 `[3, 32, 32]`
 * from 0 to 1 and an int32 scalar.
 *
 * Looks for the files of the binary version (`data_batch_1.bin` … `test_batch.bin`), also packed as `.bin.gz` or
 * `.bin.med.gz`, in `root`, `root/cifar10` and `root/cifar-10-batches-bin`, and checks their contents.
 *
 * @throws MissingFilesError when they are not there (nor, with `download`, to be had); DlError when one is damaged.
 */
export async function cifar10(options: Cifar10Options = {}): Promise<ImageDataset> {
  const { train = true, normalize } = options;
  const files = Object.entries(train ? TRAIN : TEST);
  const images = new Uint8Array(files.length * 10_000 * 3072);
  const labels = new Uint8Array(files.length * 10_000);
  // One by one: unpacked they are big.
  for (const [k, [name, md5]] of files.entries()) {
    const batch = await readBatch(name, md5, options);
    images.set(batch.images, k * 10_000 * 3072);
    labels.set(batch.labels, k * 10_000);
  }
  return new ImageDataset(images, labels, [3, 32, 32], {
    normalize: normalize === true ? STANDARD : normalize || undefined,
    classes: CIFAR10_CLASSES,
  });
}

async function readBatch(
  name: string,
  md5: string,
  options: Cifar10Options,
): Promise<ReturnType<typeof parseCifar10>> {
  const folders = places(rootOf(options), FOLDERS);
  const file = await find(name, folders);
  if (!file) {
    if (!(await unpackArchive(ARCHIVE, folders, options))) missing(name, folders);
    return readBatch(name, md5, { ...options, download: false });
  }
  const packed = await gunzip(file.bytes, file.path, { maxBytes: 2 ** 26 });
  const bytes = file.path.endsWith(".med.gz") ? unpackMed(packed, file.path) : packed;
  const batch = parseCifar10(bytes, file.path);
  requireMd5(file.path, bytes, md5);
  return batch;
}

const find = (name: string, folders: readonly string[]): Promise<FoundFile | null> =>
  readFirst(
    folders.flatMap((dir) => [name, `${name}.gz`, `${name}.med.gz`].map((file) => join(dir, file))),
  );

function missing(name: string, folders: readonly string[]): never {
  throw new MissingFilesError(
    `CIFAR-10 is not there: no ${name} in ${folders.join(", ")}. Unpack ${ARCHIVE.file} into the first of these folders, or put it there, ` +
      "name the folder its files are in as root (or in the environment as DL_DATA), or pass { download: true }",
  );
}

import { join } from "node:path";
import { DlError } from "@dl/tensor/core";
import { CIFAR100_CLASSES, CIFAR100_SUPERCLASSES, parseCifar100 } from "../cifar100.ts";
import { gunzip } from "../gzip.ts";
import { ImageDataset, type Normalization } from "../images.ts";
import { type Archive, unpackArchive } from "./archive.ts";
import { type FileOptions, MissingFilesError, places, readFirst, rootOf } from "./files.ts";

export interface Cifar100Options extends FileOptions {
  /** The 50,000 images to train on, or the 10,000 to test on. Default true. */
  train?: boolean;
  /** Labels are the 20 groups instead of the 100 classes. Default false. */
  coarse?: boolean;
  /** True: subtract the training set's mean and divide by its standard deviation, channel by channel. */
  normalize?: boolean | Normalization;
}

const ARCHIVE: Archive = {
  file: "cifar-100-binary.tar.gz",
  md5: "03b5dce01913d631647c71ecec9e9cb8",
  mirrors: ["https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"],
  members: ["train.bin", "test.bin"],
  maxBytes: 2 ** 28,
};
const FOLDERS = ["cifar100", "cifar-100-binary", "cifar100/cifar-100-binary", "."];
const STANDARD: Normalization = {
  mean: [0.5071, 0.4865, 0.4409],
  std: [0.2673, 0.2564, 0.2762],
};

/**
 * The 60,000 small photographs of CIFAR-100, in 100 classes, or in 20 groups of these: sample `i` is `[image, label]`, a
 * float32 `[3, 32, 32]` from 0 to 1 and an int32 scalar.
 *
 * Looks for the files of the binary version (`train.bin`, `test.bin`), also packed as `.gz`, and for their archive, in
 * `root`, `root/cifar100` and `root/cifar-100-binary`. Checks that each class has the images that it should have.
 *
 * @throws MissingFilesError when they are not there (nor, with `download`, to be had); DlError when one is damaged.
 */
export async function cifar100(options: Cifar100Options = {}): Promise<ImageDataset> {
  const { train = true, coarse = false, normalize } = options;
  const [name, count] = train ? ["train.bin", 50_000] : ["test.bin", 10_000];
  const folders = places(rootOf(options), FOLDERS);
  const find = () =>
    readFirst(folders.flatMap((dir) => [join(dir, name), join(dir, `${name}.gz`)]));
  let file = await find();
  if (!file && (await unpackArchive(ARCHIVE, folders, options))) file = await find();
  if (!file)
    throw new MissingFilesError(
      `CIFAR-100 is not there: no ${name} in ${folders.join(", ")}. Unpack ${ARCHIVE.file} into the first of these folders, or put it ` +
        "there, name the folder its files are in as root (or in the environment as DL_DATA), or pass { download: true }",
    );
  const bytes = await gunzip(file.bytes, file.path, { maxBytes: 2 ** 28 });
  const parsed = parseCifar100(bytes, file.path);
  requireBalance(parsed.labels, 100, count, file.path);
  return new ImageDataset(parsed.images, coarse ? parsed.coarse : parsed.labels, [3, 32, 32], {
    normalize: normalize === true ? STANDARD : normalize || undefined,
    classes: coarse ? CIFAR100_SUPERCLASSES : CIFAR100_CLASSES,
  });
}

/** In data sets that were made so, every class has equally many images. */
export function requireBalance(
  labels: ArrayLike<number>,
  classes: number,
  count: number,
  path: string,
): void {
  if (labels.length !== count)
    throw new DlError(
      "data",
      `${path}: ${count.toLocaleString("en")} images are expected, got ${labels.length.toLocaleString("en")}: it is another file`,
    );
  const counts = new Int32Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  const other = counts.findIndex((n) => n !== count / classes);
  if (other >= 0)
    throw new DlError(
      "data",
      `${path}: class ${other} has ${counts[other]} images, of the published data set it has ${count / classes}: it is damaged, or another file`,
    );
}

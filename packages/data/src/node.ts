/** `@dl/data/node`: data sets from files. */

export { type Cifar10Options, cifar10 } from "./node/cifar10.ts";
export { type Cifar100Options, cifar100 } from "./node/cifar100.ts";
export {
  type CachedOptions,
  cached,
  type DownloadOptions,
  type DownloadProgress,
  download,
} from "./node/download.ts";
export { type FileOptions, MissingFilesError } from "./node/files.ts";
export {
  type DecodeOptions,
  decodeImage,
  ImageFolder,
  type ImageFolderOptions,
  imageFolder,
} from "./node/imageFolder.ts";
export { fashionMnist, kmnist, type MnistOptions, mnist } from "./node/mnist.ts";
export { readArff, readCsv, readMulan } from "./node/tables.ts";
export { WorkerDataset, type WorkerDatasetOptions, workerDataset } from "./node/workers.ts";

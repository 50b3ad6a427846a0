/** `@dl/data/node`: data sets from files. */

export { type Cifar10Options, cifar10 } from "./node/cifar10.ts";
export { type DownloadProgress, type FileOptions, MissingFilesError } from "./node/files.ts";
export { type MnistOptions, mnist } from "./node/mnist.ts";

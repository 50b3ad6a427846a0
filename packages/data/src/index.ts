// Datasets.
export {
  type AnyDataset,
  ConcatDataset,
  Dataset,
  IterableDataset,
  Subset,
  TensorDataset,
} from "./dataset.ts";
export { randomSplit } from "./split.ts";
export {
  ImageDataset,
  type ImageDatasetOptions,
  type Normalization,
} from "./images.ts";
export { type DrawOptions, drawDigits } from "./digits.ts";

// Loading.
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export { type Collated, defaultCollate } from "./collate.ts";
export {
  BatchSampler,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  type Sized,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./sampler.ts";

// File formats; "@dl/data/node" finds, checks and downloads the files.
export { gunzip } from "./gzip.ts";
export { type IdxArray, parseIdx } from "./idx.ts";
export { CIFAR10_CLASSES, parseCifar10 } from "./cifar10.ts";

// Datasets.
export {
  type AnyDataset,
  ConcatDataset,
  Dataset,
  IterableDataset,
  Subset,
  TensorDataset,
} from "./dataset.ts";
export { ChainDataset } from "./chainDataset.ts";
export { MapDataset, mapIterable } from "./mapDataset.ts";
export { StackDataset } from "./stackDataset.ts";
export {
  ImageDataset,
  type ImageDatasetOptions,
  type Normalization,
} from "./images.ts";
export { type DrawOptions, drawDigits } from "./digits.ts";

// Loading.
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export type { DataLoaderState } from "./loaderState.ts";
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

export {
  StratifiedBatchSampler,
  type StratifiedBatchSamplerOptions,
} from "./stratifiedSampler.ts";

// Parts to train on and to test on.
export { randomSplit } from "./split.ts";
export {
  ShuffleSplit,
  type ShuffleSplitOptions,
  StratifiedShuffleSplit,
  type TrainTestSplitOptions,
  trainTestSplit,
} from "./splits/shuffleSplit.ts";
export { GroupKFold, KFold, type KFoldOptions, StratifiedKFold } from "./splits/kFold.ts";
export { LeaveOneOut } from "./splits/leaveOneOut.ts";
export { TimeSeriesSplit, type TimeSeriesSplitOptions } from "./splits/timeSeriesSplit.ts";
export { Bootstrap, type BootstrapOptions } from "./splits/bootstrap.ts";
export type { Fold, Randomness } from "./splits/fold.ts";
export type { SplitSizes } from "./splits/sizes.ts";
export type { Labels } from "./labels.ts";

// File formats; "@dl/data/node" finds, checks and downloads the files.
export { gunzip } from "./gzip.ts";
export { type IdxArray, parseIdx } from "./idx.ts";
export { CIFAR10_CLASSES, parseCifar10 } from "./cifar10.ts";
export { CIFAR100_CLASSES, CIFAR100_SUPERCLASSES, parseCifar100 } from "./cifar100.ts";

// Augmentation: also "@dl/data/transforms".
export * as transforms from "./transforms/index.ts";

// Tables.
export { type CsvOptions, parseCsv } from "./table/csv.ts";
export { type ArffOptions, parseArff } from "./table/arff.ts";
export { type Multilabel, multilabel, parseMulanLabels } from "./table/multilabel.ts";
export {
  type Column,
  type ColumnType,
  type NumberColumn,
  Table,
  type TensorOfTableOptions,
  type TextColumn,
} from "./table/table.ts";

// What is fitted on the samples to train on, and applied to all.
export {
  MinMaxScaler,
  type MinMaxScalerOptions,
  type ScalerOptions,
  StandardScaler,
  type StandardScalerOptions,
} from "./preprocess/scalers.ts";
export { SimpleImputer, type SimpleImputerOptions } from "./preprocess/simpleImputer.ts";
export {
  type EncoderOptions,
  LabelEncoder,
  OneHotEncoder,
  type OneHotEncoderOptions,
  OrdinalEncoder,
} from "./preprocess/encoders.ts";
export type { Numbers } from "./preprocess/numbers.ts";

// safetensors: files of named tensors; "@dl/io/node" reads and writes them on disk.
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsReadOptions,
} from "./safetensors/read.ts";
export { writeSafetensors } from "./safetensors/write.ts";
export type { NamedTensors, SafetensorsWriteOptions } from "./safetensors/layout.ts";
export {
  parseSafetensorsIndex,
  readShardedSafetensors,
  type SafetensorsIndex,
  type ShardOptions,
  writeShardedSafetensors,
} from "./safetensors/shards.ts";

// NumPy's .npy: one array; .npz: several by name.
export { type NpyReadOptions, readNpy } from "./npy/read.ts";
export { type NpyWriteOptions, writeNpy } from "./npy/write.ts";
export { type NpzReadOptions, readNpz } from "./npz.ts";

// Checkpoints: a training run in one file; "@dl/io/node" reads and writes them on disk.
export { type Checkpoint, readCheckpoint } from "./checkpoint/read.ts";
export { writeCheckpoint } from "./checkpoint/write.ts";
export type {
  CheckpointContents,
  CheckpointParts,
  HasState,
  HasStateDict,
  OneOrNamed,
  Stateful,
} from "./checkpoint/parts.ts";

// PNG images of tensors.
export { type PngOptions, writePng } from "./png/write.ts";

// What files hold.
export type { Bytes } from "./bytes.ts";
export type { FileDType } from "./elements.ts";
export type { DataFormats } from "./png/pixels.ts";
export type { HistogramBins } from "./tensorboard/histogram.ts";
export type { ReadOptions } from "./safetensors/read.ts";

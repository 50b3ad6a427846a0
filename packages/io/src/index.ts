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

// NumPy's .npy: one array.
export { type NpyReadOptions, readNpy } from "./npy/read.ts";
export { type NpyWriteOptions, writeNpy } from "./npy/write.ts";

// What files hold.
export type { Bytes } from "./bytes.ts";
export type { FileDType } from "./elements.ts";
export type { ReadOptions } from "./safetensors/read.ts";

/** `@dl/io/node`: files on disk. */

export { loadCheckpoint, saveCheckpoint } from "./node/checkpoint.ts";
export { loadNpy, loadNpz, saveNpy } from "./node/npy.ts";
export { type RenderPngOptions, renderPng, savePicture } from "./node/picture.ts";
export {
  loadSafetensors,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from "./node/safetensors.ts";
export {
  type HistogramOptions,
  type ImageOptions,
  type SummaryOptions,
  SummaryWriter,
  type SummaryWriterOptions,
} from "./node/summaryWriter.ts";

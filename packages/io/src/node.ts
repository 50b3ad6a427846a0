/** `@dl/io/node`: files on disk. */

export { loadNpy, saveNpy } from "./node/npy.ts";
export {
  loadSafetensors,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from "./node/safetensors.ts";

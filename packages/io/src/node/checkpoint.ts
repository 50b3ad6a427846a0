import { type CheckpointContents, type CheckpointParts, partsOf } from "../checkpoint/parts.ts";
import { type Checkpoint, restore } from "../checkpoint/read.ts";
import { capture, release } from "../checkpoint/write.ts";
import type { ReadOptions } from "../safetensors/read.ts";
import { loadFile, saveSafetensors } from "./safetensors.ts";

/**
 * Writes a checkpoint: everything training needs to go on as if it had not stopped, in one safetensors file.
 *
 * What is saved is the state at the moment of the call: training may go on while the file is written. The file appears,
 * or takes the place of what was there, when all of it is on the disk; a program that is killed meanwhile leaves the
 * checkpoint before it, and beside it a file whose name ends in `.tmp`, which can go.
 *
 * @throws DlError with code `value` for what cannot be saved, `data` where the file cannot be written.
 *
 * @example
 * ```ts no-run: writes a file
 * import { Linear } from "@dl/nn";
 * import { Adam } from "@dl/optim";
 *
 * const model = new Linear(3, 2);
 * const optimizer = new Adam(model.parameters());
 * await saveCheckpoint("run.safetensors", {
 *   model,
 *   optimizer,
 *   generator: defaultGenerator,
 *   extra: { epoch: 3 },
 * });
 * ```
 */
export async function saveCheckpoint(path: string, contents: CheckpointContents): Promise<void> {
  const captured = capture(contents, "saveCheckpoint");
  try {
    await saveSafetensors(path, captured.tensors, { metadata: captured.metadata });
  } finally {
    release(captured);
  }
}

/**
 * Goes on where `saveCheckpoint` was called. Parts of the file that are not asked for are left out. If anything does not
 * fit, nothing is changed, and the error names all that does not.
 *
 * @param parts made as they were for the file: of the same classes, with the same sizes.
 * @throws DlError with code `data` for what is wrong with the file, `state-dict` for what does not fit.
 *
 * @example
 * ```ts no-run: needs a file
 * import { Linear } from "@dl/nn";
 * import { Adam } from "@dl/optim";
 *
 * const model = new Linear(3, 2);
 * const optimizer = new Adam(model.parameters());
 * const { extra } = await loadCheckpoint("run.safetensors", {
 *   model,
 *   optimizer,
 *   generator: defaultGenerator,
 * });
 * extra.epoch + 1 // where to go on
 * ```
 */
export async function loadCheckpoint<E = any>(
  path: string,
  parts: CheckpointParts = {},
  options: ReadOptions = {},
): Promise<Checkpoint<E>> {
  const found = partsOf(parts, "loadCheckpoint");
  return restore(await loadFile(path, options), found, path);
}

import type { Tensor } from "@dl/tensor/core";
import { writeSafetensors } from "../safetensors/write.ts";
import { type CheckpointContents, partsOf, stateOf } from "./parts.ts";
import { pack } from "./tree.ts";

/** What `format` in the metadata says, and the version of what is written under it. */
export const FORMAT = "dl.checkpoint";
export const VERSION = 1;

/** A checkpoint before it is written: the state at one moment, in copies that training does not reach. */
export interface Captured {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export function capture(contents: CheckpointContents, op: string): Captured {
  const tensors = new Map<string, Tensor>();
  try {
    const parts: [string, unknown][] = [];
    for (const [name, part] of partsOf(contents, op)) {
      parts.push([name, pack(stateOf(part), name, tensors, op)]);
    }
    const extra = pack(contents.extra, "extra", tensors, op);
    const state = JSON.stringify({ parts: Object.fromEntries(parts), extra });
    return { tensors, metadata: { format: FORMAT, version: String(VERSION), state } };
  } catch (error) {
    release({ tensors });
    throw error;
  }
}

export function release({ tensors }: Pick<Captured, "tensors">): void {
  for (const t of tensors.values()) t.dispose();
}

/**
 * The bytes of a checkpoint: a safetensors file that holds everything training needs to go on as if it had not stopped.
 * Tensors have their part before their name (`model.0.weight`, `optimizer.state.0.exp_avg`); numbers and structure are
 * JSON in the metadata.
 *
 * What is written is the state at the moment of the call: training may go on while the bytes are made. Until then there
 * are two copies of the tensors.
 *
 * @throws DlError with code `value` for what cannot be saved: functions, instances of classes.
 * @see https://docs.pytorch.org/tutorials/recipes/recipes/saving_and_loading_a_general_checkpoint.html
 *
 * @example
 * const generator = new Generator(7);
 * const bytes = await writeCheckpoint({ generator, extra: { epoch: 3, best: Infinity } });
 * const next = generator.uint32();
 * const other = new Generator(0);
 * const { extra } = readCheckpoint(bytes, { generator: other });
 * extra // => { epoch: 3, best: Infinity }
 * other.uint32() === next // => true
 */
export async function writeCheckpoint(
  contents: CheckpointContents,
): Promise<Uint8Array<ArrayBuffer>> {
  const captured = capture(contents, "writeCheckpoint");
  try {
    return await writeSafetensors(captured.tensors, { metadata: captured.metadata });
  } finally {
    release(captured);
  }
}

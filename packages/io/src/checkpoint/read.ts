import { DlError } from "@dl/tensor/core";
import { type Bytes, quote } from "../bytes.ts";
import {
  readSafetensors,
  type Safetensors,
  type SafetensorsReadOptions,
} from "../safetensors/read.ts";
import { type CheckpointParts, load, partsOf, type Stateful, stateOf } from "./parts.ts";
import { copy, mismatches, unpack } from "./tree.ts";
import { FORMAT, VERSION } from "./write.ts";

/** What a checkpoint holds beside the parts that were asked for. */
export interface Checkpoint<E = any> {
  /** What was saved as `extra`; undefined if nothing was. */
  readonly extra: E;
  /** The names of all parts in the file. */
  readonly parts: readonly string[];
}

/**
 * Goes on where a checkpoint was written. Each part that is given gets its state; parts of the file that are not asked
 * for are left out, so that a model can be loaded alone.
 *
 * If anything does not fit, nothing is changed, and the error names all that does not.
 *
 * @param parts made as they were for the file: of the same classes, with the same sizes.
 * @throws DlError with code `data` for what is wrong with the file, `state-dict` for what does not fit.
 *
 * @example
 * const model = (value: number) => {
 *   let weight = tensor([value]);
 *   return {
 *     stateDict: () => ({ weight }),
 *     loadStateDict: (dict: { weight: Tensor }) => (weight = dict.weight.clone()),
 *   };
 * };
 * const bytes = await writeCheckpoint({ model: model(3), extra: "third epoch" });
 * const again = model(0);
 * readCheckpoint(bytes, { model: again }) // => { extra: "third epoch", parts: ["model"] }
 * again.stateDict().weight // => [3]
 */
export function readCheckpoint<E = any>(
  bytes: Bytes,
  parts: CheckpointParts = {},
  options: SafetensorsReadOptions = {},
): Checkpoint<E> {
  const op = "readCheckpoint";
  const { name = op } = options;
  return restore(readSafetensors(bytes, { ...options, name }), partsOf(parts, op), name);
}

/** Gives the parts their states from the contents of a file. */
export function restore<E>(
  contents: Safetensors,
  parts: ReadonlyMap<string, Stateful>,
  file: string,
): Checkpoint<E> {
  const { states, extra } = statesOf(contents, file);
  const problems: string[] = [];
  for (const name of parts.keys()) {
    if (states.has(name)) continue;
    const names = [...states.keys()].map(quote).join(", ");
    problems.push(`${name} is not in the file, which has ${names || "no parts"}`);
  }
  const undo: (() => void)[] = [];
  let left = parts.size;
  for (const [name, part] of parts) {
    left--;
    if (!states.has(name)) continue;
    const state = states.get(name);
    try {
      const own = stateOf(part);
      const wrong = mismatches(own, state, name);
      problems.push(...wrong);
      if (wrong.length > 0) continue;
      // The last is not undone: it changes nothing if it fails, and nothing comes after it.
      if (left > 0 || problems.length > 0) {
        const before = copy(own);
        undo.push(() => load(part, before));
      }
      load(part, state);
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      problems.push(`${name}: ${message.slice(0, 5000).replaceAll("\n", "\n  ")}`);
    }
  }
  if (problems.length > 0) {
    for (const back of undo.reverse()) back();
    throw new DlError(
      "state-dict",
      `${file}: the checkpoint does not fit, and nothing is changed:\n  ${problems.join("\n  ")}`,
    );
  }
  return { extra: extra as E, parts: [...states.keys()] };
}

function statesOf(
  { tensors, metadata }: Safetensors,
  file: string,
): { states: Map<string, unknown>; extra: unknown } {
  const wrong = (what: string, cause?: unknown) =>
    new DlError("data", `${file}: ${what}`, cause === undefined ? undefined : { cause });
  const of = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  if (of("format") !== FORMAT) {
    throw wrong(
      "this is a file of tensors, not a checkpoint, which says so in its metadata: read it with readSafetensors or loadSafetensors",
    );
  }
  if (of("version") !== String(VERSION)) {
    throw wrong(
      `a checkpoint of version ${quote(of("version") ?? "")}; known is ${VERSION}: a later version of @dl/io wrote it`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(of("state") ?? "");
  } catch (cause) {
    throw wrong(`the state in the metadata is not JSON: ${(cause as Error).message.slice(0, 200)}`);
  }
  if (!isObject(json) || !isObject(json.parts)) {
    throw wrong("the state in the metadata is no object with parts");
  }
  const used = new Set<string>();
  const states = new Map<string, unknown>();
  for (const [name, state] of Object.entries(json.parts)) {
    states.set(name, unpack(state, name, tensors, used, file));
  }
  const extra = unpack(json.extra, "extra", tensors, used, file);
  const unused = Object.keys(tensors).find((name) => !used.has(name));
  if (unused !== undefined) throw wrong(`tensor ${quote(unused)} belongs to no part`);
  return { states, extra };
}
const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);

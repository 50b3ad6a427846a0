/** What a kernel is told: a block of 32-bit words, named in order. */
import type { Fn } from "./assembler.ts";

export type Words<N extends string> = Readonly<Record<N, number>>;

/** Reads the words at the address in `block` into local variables. */
export function readWords<N extends string>(f: Fn, names: readonly N[], block = 0): Words<N> {
  const locals: Partial<Record<N, number>> = {};
  names.forEach((name, i) => {
    const local = f.local();
    f.get(block)
      .loadI32(4 * i)
      .set(local);
    locals[name] = local;
  });
  return locals as Words<N>;
}

/** Writes them, whole numbers all, for a kernel to read. */
export function writeWords<N extends string>(
  int32: Int32Array,
  address: number,
  names: readonly N[],
  words: Words<N>,
): void {
  const at = address >> 2;
  for (let i = 0; i < names.length; i++) int32[at + i] = words[names[i]];
}

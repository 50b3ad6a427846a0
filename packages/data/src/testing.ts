/** For tests: imported, it makes the CPU the default backend. */
import { cpu } from "@dl/backend-cpu";
import { DlError, setBackend } from "@dl/tensor";

export const backend = cpu();
setBackend(backend);

/** Random whole numbers below n, the same in every run. */
export function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
}

/** A file with something wrong: bytes changed, cut off, taken out, put in (some of `signs`, which mean something there), twice there. */
export function damaged(
  bytes: Uint8Array,
  below: (n: number) => number,
  signs = "{}[]()\",:-.eE0179\\ \n\r'?%@;\t",
): Uint8Array {
  const interesting = [...new TextEncoder().encode(signs), 0, 255];
  let out = [...bytes];
  for (let times = 1 + below(3); times > 0 && out.length > 0; times--) {
    const at = below(out.length + 1);
    const length = below(12);
    const some = Array.from(
      { length },
      () => interesting[below(interesting.length + 8)] ?? below(256),
    );
    const change = [
      () => out.with(Math.min(at, out.length - 1), below(256)),
      () => out.with(Math.min(at, out.length - 1), out[at] ^ (1 << below(8))),
      () => out.slice(0, at),
      () => out.toSpliced(at, length),
      () => out.toSpliced(at, 0, ...some),
      () => out.toSpliced(at, length, ...some),
      () => out.toSpliced(at, 0, ...out.slice(at, at + length)),
      () => [...out, ...some],
    ];
    out = change[below(change.length)]();
  }
  return Uint8Array.from(out);
}

/**
 * Reads damaged copies of sound files, the same ones in every run. Nothing but a DlError that names the file may come
 * out, and nothing may take long. Returns how many failed.
 */
export async function fuzz(
  times: number,
  sound: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  { seed = 1, name = "f", signs }: { seed?: number; name?: string; signs?: string } = {},
): Promise<number> {
  const below = random(seed);
  let failed = 0;
  for (let i = 0; i < times; i++) {
    const bytes = damaged(sound[i % sound.length], below, signs);
    const start = performance.now();
    try {
      await read(bytes);
    } catch (error) {
      if (!(error instanceof DlError)) throw new Error(`damage ${i}`, { cause: error });
      if (!error.message.includes(name))
        throw new Error(`damage ${i}: the error does not name ${name}`, { cause: error });
      if (error.message.length > 1000)
        throw new Error(`damage ${i}: ${error.message.length} characters`);
      failed++;
    }
    if (performance.now() - start > 2000) throw new Error(`damage ${i} took long`);
  }
  return failed;
}

/** For tests: imported, it makes the CPU the default backend. */
import { cpu } from "@dl/backend-cpu";
import { DlError, setBackend } from "@dl/tensor";

setBackend(cpu());

/** Random whole numbers below n, the same in every run. */
export function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
}

/** Bytes of a file with something wrong: changed, cut off, taken out, put in, twice there. */
export function damaged(bytes: Uint8Array, below: (n: number) => number): Uint8Array {
  let out = [...bytes];
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(out.length + 1);
    const length = below(12);
    const some = Array.from({ length }, () => INTERESTING[below(INTERESTING.length)] ?? below(256));
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
    if (out.length > 0) out = change[below(change.length)]();
  }
  return Uint8Array.from(out);
}
/** Signs that a header is made of. */
const INTERESTING = [...new TextEncoder().encode("{}[]()\",:-.eE0179\\ \n'FTL"), 0, 255];

/** Calls it often; nothing but a DlError may come out. Returns how many calls failed. */
export async function failures(times: number, call: (i: number) => unknown): Promise<number> {
  let failed = 0;
  for (let i = 0; i < times; i++) {
    try {
      await call(i);
    } catch (error) {
      if (!(error instanceof DlError)) throw new Error(`damage ${i}`, { cause: error });
      failed++;
    }
  }
  return failed;
}

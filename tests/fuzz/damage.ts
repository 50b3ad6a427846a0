/** Files with something wrong, as values that fast-check draws and makes smaller. */
import fc from "fast-check";
import type { Reader } from "./readers.ts";

/** What means something in many files. */
const SIGNS = "{}[]()\",:-.eE0179\\ \n\r'?%@;\t";

/** One fault in a file: at a place (as a part of its length), so many bytes, and others. */
interface Fault {
  readonly kind: "set" | "flip" | "cut" | "remove" | "insert" | "replace" | "double" | "append";
  readonly place: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

function damaged(sound: Uint8Array, faults: readonly Fault[]): Uint8Array {
  return faults.reduce((file, { kind, place, length, bytes }) => {
    const at = Math.min(Math.floor(place * (file.length + 1)), file.length);
    const [before, after] = [file.subarray(0, at), file.subarray(at)];
    const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
    switch (kind) {
      case "set":
        return file.map((x, i) => (i === at ? bytes[0] : x));
      case "flip":
        return file.map((x, i) => (i === at ? x ^ (1 << (length % 8)) : x));
      case "cut":
        return file.slice(0, at);
      case "remove":
        return join(before, after.subarray(length));
      case "insert":
        return join(before, bytes, after);
      case "replace":
        return join(before, bytes, after.subarray(bytes.length));
      case "double":
        return join(before, after.subarray(0, length), after);
      case "append":
        return join(file, bytes);
    }
  }, sound);
}

/** Any bytes; any bytes behind the beginning of a sound file; sound files with one to four faults. */
export function files({ sound, signs = SIGNS }: Reader): fc.Arbitrary<Uint8Array> {
  const meaningful = fc.constantFrom(...new TextEncoder().encode(signs), 0, 1, 127, 128, 255);
  const byte = fc.oneof(meaningful, fc.integer({ min: 0, max: 255 }));
  const some = fc.array(byte, { maxLength: 12 }).map((list) => Uint8Array.from(list));
  const fault: fc.Arbitrary<Fault> = fc.record({
    kind: fc.constantFrom("set", "flip", "cut", "remove", "insert", "replace", "double", "append"),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    bytes: some.filter((list) => list.length > 0),
  });
  const one = fc.constantFrom(...sound);
  const any = fc.array(byte, { maxLength: 200 }).map((list) => Uint8Array.from(list));
  const begun = fc
    .tuple(one, fc.nat(100), any)
    .map(([file, n, rest]) => Uint8Array.from(Buffer.concat([file.subarray(0, n), rest])));
  const faulty = fc
    .tuple(one, fc.array(fault, { minLength: 1, maxLength: 4 }))
    .map(([file, faults]) => damaged(file, faults));
  return fc.oneof(
    { arbitrary: any, weight: 1 },
    { arbitrary: begun, weight: 2 },
    { arbitrary: faulty, weight: 7 },
  );
}

/** A short text very often, behind and before others: what makes matching and searching slow. */
export function longTexts(
  { signs = SIGNS }: Reader,
  words: readonly string[],
): fc.Arbitrary<Uint8Array> {
  const word = fc.oneof(
    fc.constantFrom(...words),
    fc.string({ unit: fc.constantFrom(...signs), minLength: 1, maxLength: 3 }),
  );
  const text = fc.array(word, { minLength: 1, maxLength: 3 }).map((list) => list.join(""));
  return fc
    .tuple(fc.constantFrom("", ...words), text, fc.constantFrom("", "x", ...words))
    .map(([before, text, after]) =>
      new TextEncoder().encode(before + text.repeat(Math.ceil(100_000 / text.length)) + after),
    );
}

/** Bytes from and to JavaScript. The device copies whole words; ends that are none are completed here. */
import type { Buffer } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Access, Kernel } from "./kernel.ts";
import { bindBlocks } from "./operands.ts";

export function writeBytes(
  engine: Engine,
  buffer: Buffer,
  data: ArrayBufferView,
  byteOffset: number,
): void {
  const bytes = new Uint8Array(
    data.buffer as ArrayBuffer,
    data.byteOffset,
    data.byteLength,
  ) as Uint8Array<ArrayBuffer>;
  if (bytes.length === 0) return;
  const { memory, queue } = engine;
  const block = memory.blockOf(buffer);
  const isToEnd = byteOffset + bytes.length === buffer.bytes;
  if (byteOffset % 4 === 0 && (bytes.length % 4 === 0 || isToEnd)) {
    // Behind a buffer's last byte is nothing that matters.
    queue.write(block, byteOffset, wholeWords(bytes, 0));
    return;
  }
  const words = wholeWords(bytes, byteOffset % 4);
  const from = memory.take(words.length);
  queue.write(from, 0, words);
  const bound = bindBlocks([from, block], ["r", "w"]);
  queue.dispatch(
    byteCopy(engine, bound.access),
    bound.blocks,
    [byteOffset >> 2, byteOffset % 4, bytes.length, words.length / 4],
    engine.spread(Math.ceil(words.length / 4 / 64)),
  );
  memory.release(from);
}

/** These bytes, so many zeros before them, and zeros up to a whole word. */
function wholeWords(bytes: Uint8Array<ArrayBuffer>, before: number): Uint8Array<ArrayBuffer> {
  if (before === 0 && bytes.length % 4 === 0) return bytes;
  const words = new Uint8Array(4 * Math.ceil((before + bytes.length) / 4));
  words.set(bytes, before);
  return words;
}

/** Copies words of which the first and the last may be copied in part. */
const byteCopy = (engine: Engine, access: readonly Access[]): Kernel =>
  engine.kernel(`write bytes ${access}`, () => ({
    name: "write bytes",
    access,
    workgroup: 64,
    body: `
  let i = i32(group * 64u + lane);
  if (i >= P[0].w) { return; }
  var mask = 0u;
  for (var b = 0; b < 4; b++) {
    let at = 4 * i + b - P[0].y;
    if (at >= 0 && at < P[0].z) { mask |= 255u << (8u * u32(b)); }
  }
  let to = P[0].x + i;
  b1[to] = (b1[to] & ~mask) | (b0[i] & mask);`,
  }));

export async function readBytes(
  { memory, queue }: Engine,
  buffer: Buffer,
  byteOffset: number,
  bytes: number,
): Promise<ArrayBuffer> {
  const first = byteOffset & ~3;
  const end = (byteOffset + bytes + 3) & ~3;
  const words = await queue.read(memory.blockOf(buffer), first, end - first);
  if (words.byteLength === bytes) return words;
  return words.slice(byteOffset - first, byteOffset - first + bytes);
}

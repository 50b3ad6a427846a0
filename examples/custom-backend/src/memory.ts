import { type Buffer, type HostView, hostView, typedArrayFor, type View } from "@dl/tensor/core";

/** What a tensor's storage holds on to. Only the backend looks inside. */
interface ArrayBacked extends Buffer {
  data: ArrayBuffer;
}
const dataOf = (buffer: Buffer): ArrayBuffer => (buffer as ArrayBacked).data;

/** A view with the typed array that its buffer stands for: what the kernels work on. */
export const onHost = (view: View): HostView =>
  hostView(view, new (typedArrayFor(view.dtype))(dataOf(view.buffer)));

/** The part of a backend that moves bytes. */
export function memory() {
  const count = { live: 0, peak: 0, buffers: 0 };
  const forget = (bytes: number): void => {
    count.live -= bytes;
    count.buffers--;
  };
  // What is dropped without `free` the collector takes by itself; here it is counted out.
  const dropped = new FinalizationRegistry(forget);
  const readSync = (buffer: Buffer, from = 0, bytes = buffer.bytes - from): ArrayBuffer =>
    dataOf(buffer).slice(from, from + bytes);
  return {
    alloc(bytes: number): Buffer {
      const buffer: ArrayBacked = { bytes, data: new ArrayBuffer(bytes) };
      dropped.register(buffer, bytes, buffer);
      count.buffers++;
      count.live += bytes;
      count.peak = Math.max(count.peak, count.live);
      return buffer;
    },
    free(buffer: Buffer): void {
      dropped.unregister(buffer);
      forget(buffer.bytes);
      (buffer as ArrayBacked).data = new ArrayBuffer(0);
    },
    write(buffer: Buffer, data: ArrayBufferView, at = 0): void {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      new Uint8Array(dataOf(buffer)).set(bytes, at);
    },
    readSync,
    read: async (...of: Parameters<typeof readSync>) => readSync(...of),
    finished: async () => {}, // A kernel is done when its call returns.
    memory: () => ({ ...count, reserved: count.live }),
  };
}

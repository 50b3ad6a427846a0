/** How many bytes of typed arrays are made meanwhile. */
export async function allocated(run: () => unknown): Promise<number> {
  let bytes = 0;
  const restore: (() => void)[] = [];
  const all = globalThis as unknown as Record<string, new (...args: unknown[]) => ArrayBufferView>;
  for (const name of [
    "ArrayBuffer",
    "Uint8Array",
    "Int32Array",
    "Float32Array",
    "Float64Array",
    "Uint16Array",
    "BigInt64Array",
    "BigUint64Array",
  ]) {
    const original = all[name];
    all[name] = new Proxy(original, {
      construct(target, args, self) {
        const made = Reflect.construct(target, args, self === all[name] ? target : self);
        // A view of a buffer that was there takes nothing.
        if (!(args[0] instanceof original) && !isBuffer(args[0])) bytes += made.byteLength;
        return made;
      },
    });
    restore.push(() => (all[name] = original));
  }
  try {
    await run();
  } finally {
    for (const back of restore) back();
  }
  return bytes;
}
const isBuffer = (x: unknown): boolean =>
  Object.prototype.toString.call(x) === "[object ArrayBuffer]" ||
  Object.prototype.toString.call(x) === "[object SharedArrayBuffer]";

/** The interface of a backend, wired to the kernels. */
import { type Backend, type Buffer, DlError, type DType } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import { gather, scatter } from "./indexing.ts";
import { map } from "./map.ts";
import { mapEach } from "./mapEach.ts";
import { matmul } from "./matmul.ts";
import { overridesOf } from "./overrides/index.ts";
import { random } from "./random.ts";
import { reduce } from "./reduce.ts";
import { scan } from "./scan.ts";
import { sort } from "./sort.ts";
import { readBytes, writeBytes } from "./transfer.ts";

/** The engine behind a backend, for tests. */
export const engineOf = new WeakMap<Backend, Engine>();

export function gpuBackend(engine: Engine): Backend {
  const { memory, queue } = engine;
  const dtypes: DType[] = ["float32", "int32", "uint8", "bool"];
  // Halves are converted by the kernels, whatever the adapter has; reading them takes an array that holds them.
  if ("Float16Array" in globalThis) dtypes.push("float16");
  const backend: Backend = {
    name: "webgpu",
    dtypes: new Set(dtypes),
    overrides: overridesOf(engine),
    alloc(bytes) {
      queue.check();
      return memory.alloc(bytes);
    },
    free: (buffer) => memory.free(buffer),
    write(buffer, data, byteOffset = 0) {
      checkRange("write", buffer, byteOffset, data.byteLength);
      writeBytes(engine, buffer, data, byteOffset);
    },
    async read(buffer, byteOffset = 0, bytes = buffer.bytes - byteOffset) {
      // A view without elements may begin anywhere.
      if (bytes === 0) return new ArrayBuffer(0);
      checkRange("read", buffer, byteOffset, bytes);
      return readBytes(engine, buffer, byteOffset, bytes);
    },
    finished: () => queue.finished(),
    memory: () => memory.stats(),
    map: (program, inputs, outputs, scalars) => map(engine, program, inputs, outputs, scalars),
    mapEach: (program, calls) => mapEach(engine, program, calls),
    reduce: (op, program, inputs, output, axes, scalars) =>
      reduce(engine, op, program, inputs, output, axes, scalars),
    matmul: (a, b, output) => matmul(engine, a, b, output),
    gather: (input, index, output, axis) => gather(engine, input, index, output, axis),
    scatter: (target, index, updates, axis, mode) =>
      scatter(engine, target, index, updates, axis, mode),
    sort: (input, values, indices, axis, descending) =>
      sort(engine, input, values, indices, axis, descending),
    scan: (op, input, output, axis) => scan(engine, op, input, output, axis),
    random: (output, key) => random(engine, output, key),
  };
  engineOf.set(backend, engine);
  return backend;
}

function checkRange(what: string, buffer: Buffer, from: number, bytes: number): void {
  if (from >= 0 && bytes >= 0 && from + bytes <= buffer.bytes) return;
  throw new DlError(
    "value",
    `webgpu: cannot ${what} bytes ${from} to ${from + bytes} of a buffer of ${buffer.bytes} bytes`,
  );
}

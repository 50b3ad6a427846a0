/** The whole backend in plain TypeScript: for engines without WebAssembly SIMD, and to compare the fast one with. */
import {
  type Backend,
  type Buffer,
  DTYPES,
  type DType,
  fillRandom,
  type HostView,
  hostView,
  type TypedArray,
  typedArrayFor,
  type View,
} from "@dl/tensor/core";
import { gather, scatter } from "./indexing.ts";
import { scan, sort } from "./lanes.ts";
import { map } from "./map.ts";
import { matmul } from "./matmul.ts";
import { reduce } from "./reduce.ts";

/** Ordinary memory: the collector takes what is dropped. */
class ArrayMemory implements Buffer {
  readonly bytes: number;
  readonly data: ArrayBuffer;
  private readonly arrays = new Map<DType, TypedArray>();

  constructor(bytes: number) {
    this.bytes = bytes;
    this.data = new ArrayBuffer(bytes);
  }
  array(dtype: DType): TypedArray {
    let array = this.arrays.get(dtype);
    if (!array) {
      array = new (typedArrayFor(dtype))(this.data);
      this.arrays.set(dtype, array);
    }
    return array;
  }
}

const resolve = (view: View): HostView =>
  hostView(view, (view.buffer as ArrayMemory).array(view.dtype));

/** Dtypes that this JavaScript engine has arrays for. */
export const cpuDTypes: ReadonlySet<DType> = new Set(
  DTYPES.filter((d) => d !== "float16" || "Float16Array" in globalThis),
);

export function referenceBackend(): Backend {
  const memory = { live: 0, peak: 0, buffers: 0 };
  // Dropped buffers are counted out when the collector finds them.
  const registry = new FinalizationRegistry<number>((bytes) => {
    memory.live -= bytes;
    memory.buffers--;
  });
  return {
    name: "cpu",
    dtypes: cpuDTypes,
    overrides: new Map(),
    alloc(bytes) {
      const buffer = new ArrayMemory(bytes);
      memory.live += bytes;
      memory.buffers++;
      memory.peak = Math.max(memory.peak, memory.live);
      registry.register(buffer, bytes, buffer);
      return buffer;
    },
    free(buffer) {
      if (!registry.unregister(buffer)) return;
      memory.live -= buffer.bytes;
      memory.buffers--;
    },
    write(buffer, data, byteOffset = 0) {
      new Uint8Array((buffer as ArrayMemory).data).set(
        new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
        byteOffset,
      );
    },
    readSync,
    read: async (...args) => readSync(...args),
    finished: async () => {},
    memory: () => ({ ...memory, reserved: memory.live }),
    map: (program, inputs, outputs, scalars) =>
      map(program, inputs.map(resolve), outputs.map(resolve), scalars),
    reduce: (op, program, inputs, output, axes, scalars) =>
      reduce(op, program, inputs.map(resolve), resolve(output), axes, scalars),
    matmul: (a, b, output) => matmul(resolve(a), resolve(b), resolve(output)),
    gather: (input, index, output, axis) =>
      gather(resolve(input), resolve(index), resolve(output), axis),
    scatter: (target, index, updates, axis, mode) =>
      scatter(resolve(target), resolve(index), resolve(updates), axis, mode),
    sort: (input, values, indices, axis, descending) =>
      sort(resolve(input), resolve(values), resolve(indices), axis, descending),
    scan: (op, input, output, axis) => scan(op, resolve(input), resolve(output), axis),
    random: (output, key) => fillRandom(resolve(output), key),
  };
}

const readSync = (buffer: Buffer, byteOffset = 0, bytes = buffer.bytes - byteOffset): ArrayBuffer =>
  (buffer as ArrayMemory).data.slice(byteOffset, byteOffset + bytes);

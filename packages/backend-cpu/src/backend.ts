/** The fast backend: kernels in WebAssembly where there are such, the reference kernels on the same memory elsewhere. */
import {
  type Backend,
  bytesPerElement,
  contiguousStrides,
  fillRandom,
  type HostView,
  hostView,
  type View,
} from "@dl/tensor/core";
import { Indexing } from "./indexing.ts";
import { Memory } from "./memory.ts";
import { cpuDTypes } from "./reference/backend.ts";
import { gather, scatter } from "./reference/indexing.ts";
import * as lanes from "./reference/lanes.ts";
import { map } from "./reference/map.ts";
import { matmul } from "./reference/matmul.ts";
import { reduce } from "./reference/reduce.ts";
import { ConstantPool } from "./simd/constants.ts";
import { Elementwise } from "./simd/elementwise.ts";
import type { Engine } from "./simd/engine.ts";
import type { Kernels, Parts } from "./simd/family.ts";
import { hasRelaxedSimd, hasSharedMemory } from "./simd/features.ts";
import { Matmul } from "./simd/matmul.ts";
import { Random } from "./simd/random.ts";
import { Threads } from "./threads/threads.ts";

/** The memory behind a backend, for tests. */
export const memoryOf = new WeakMap<Backend, Memory>();

export interface WasmOptions {
  budget: number;
  threads: number;
  fma: boolean;
  revectorize: boolean;
}

export function wasmBackend(
  { budget, threads, fma, revectorize }: WasmOptions,
  { families, functions, revectorizes }: Kernels,
): Backend {
  const memory = new Memory(budget);
  const shared = hasSharedMemory();
  const hasMadd = fma && hasRelaxedSimd();
  const engine: Engine = {
    memory,
    shared,
    threads: new Threads(memory, shared ? threads : 1),
    machine: { hasMadd, vectors: revectorize && revectorizes?.(hasMadd) ? 4 : 2 },
  };
  const constants = new ConstantPool(memory);
  const elementwise = new Elementwise(engine, constants, functions);
  const products = new Matmul(engine, elementwise);
  const parts: Parts = { engine, elementwise, constants };
  const numbers = new Random(memory, shared);
  const indexing = new Indexing(memory);

  /** Operands for the reference kernels: all addresses first, since finding one may move or grow the memory. */
  const resolve = (...views: readonly View[]): HostView[] => {
    const addresses = views.map((v) => memory.address(v.buffer));
    return views.map((v, i) =>
      hostView(v, memory.array(v.dtype), {
        offset: addresses[i] / bytesPerElement(v.dtype) + v.offset,
      }),
    );
  };
  const temporary = (like: View) => {
    const buffer = memory.alloc(like.numel * bytesPerElement(like.dtype));
    const view: View = {
      ...like,
      buffer,
      shape: like.shape,
      strides: contiguousStrides(like.shape),
      offset: 0,
      contiguous: true,
      dtype: like.dtype,
      numel: like.numel,
    };
    return { view, free: () => memory.free(buffer) };
  };
  const readSync: Backend["readSync"] = (
    buffer,
    byteOffset = 0,
    bytes = buffer.bytes - byteOffset,
  ) => memory.read(buffer, byteOffset, bytes);

  const backend: Backend = {
    name: "cpu",
    dtypes: cpuDTypes,
    overrides: new Map(families.flatMap((family) => family(parts))),
    alloc: (bytes) => memory.alloc(bytes),
    free: (buffer) => memory.free(buffer),
    write: (buffer, data, byteOffset = 0) => memory.write(buffer, data, byteOffset),
    readSync,
    read: async (...args) => readSync(...args),
    finished: async () => {},
    memory: () => memory.stats(),

    map(program, inputs, outputs, scalars) {
      if (elementwise.map(program, inputs, outputs, scalars)) return;
      const operands = resolve(...inputs, ...outputs);
      map(program, operands.slice(0, inputs.length), operands.slice(inputs.length), scalars);
    },
    mapEach(program, calls) {
      elementwise.mapEach(program, calls, ({ inputs, outputs, scalars }) =>
        backend.map(program, inputs, outputs, scalars),
      );
    },
    reduce(op, program, inputs, output, axes, scalars) {
      if (elementwise.reduce(op, program, inputs, output, axes, scalars)) return;
      const operands = resolve(...inputs, output);
      reduce(op, program, operands.slice(0, -1), operands.at(-1)!, axes, scalars);
    },
    matmul(a, b, output) {
      if (products.run(a, b, output, temporary)) return;
      const [x, y, to] = resolve(a, b, output);
      matmul(x, y, to);
    },
    gather(input, index, output, axis) {
      if (indexing.gather(input, index, output, axis)) return;
      const [x, i, to] = resolve(input, index, output);
      gather(x, i, to, axis);
    },
    scatter(target, index, updates, axis, mode) {
      if (indexing.scatter(target, index, updates, axis, mode)) return;
      const [to, i, x] = resolve(target, index, updates);
      scatter(to, i, x, axis, mode);
    },
    sort(input, values, indices, axis, descending) {
      const [x, sorted, places] = resolve(input, values, indices);
      lanes.sort(x, sorted, places, axis, descending);
    },
    scan(op, input, output, axis) {
      const [x, to] = resolve(input, output);
      lanes.scan(op, x, to, axis);
    },
    random(output, key) {
      const done = numbers.run(output, key);
      if (done === output.numel) return;
      const [to] = resolve(output);
      const counter = key.counter[0] + done / 2;
      fillRandom(
        { ...to, offset: to.offset + done, numel: to.numel - done },
        {
          seed: key.seed,
          counter: [counter, counter < 2 ** 32 ? key.counter[1] : key.counter[1] + 1],
        },
      );
    },
  };
  memoryOf.set(backend, memory);
  return backend;
}

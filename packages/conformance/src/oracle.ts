/**
 * The slowest possible backend: every kernel element by element in double precision, rounded to the compute type after
 * each node, with nothing merged, blocked or vectorised. Other backends are compared with it; it is compared with
 * mathematics and PyTorch (oracle.test.ts, tests/parity).
 */
import {
  type Backend,
  type Buffer,
  type ComputeType,
  computeType,
  type DType,
  type Expr,
  type Program,
  type ReduceOp,
  type ScanOp,
  type TypedArray,
  typedArrayFor,
  type View,
} from "@dl/tensor";
import { FUNCTIONS } from "./functions.ts";

class Memory implements Buffer {
  readonly bytes: number;
  readonly data: ArrayBuffer;
  constructor(bytes: number) {
    this.bytes = bytes;
    this.data = new ArrayBuffer(bytes);
  }
}

const arrayOf = (v: View): TypedArray => new (typedArrayFor(v.dtype))((v.buffer as Memory).data);

/** Calls `visit` with every position of a shape, row-major. The array is reused. */
export function eachPosition(shape: readonly number[], visit: (at: number[]) => void): void {
  const count = shape.reduce((n, s) => n * s, 1);
  const at = shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    visit(at);
    for (let d = shape.length - 1; d >= 0 && ++at[d] === shape[d]; d--) at[d] = 0;
  }
}

const offsetOf = (v: View, at: readonly number[]): number =>
  at.reduce((o, i, d) => o + i * v.strides[d], v.offset);
const replaced = (at: readonly number[], axis: number, i: number): number[] =>
  at.map((x, d) => (d === axis ? i : x));

const ROUND: Record<ComputeType, (x: number) => number> = {
  float32: Math.fround,
  float64: (x) => x,
  int32: (x) => x | 0,
};

/** The values of a program's expressions at one position. */
function evaluate(
  p: Program,
  inputs: readonly number[],
  at: readonly number[],
  scalars: readonly number[],
  type: ComputeType,
): (number | boolean)[] {
  const values = new Map<Expr, number | boolean>();
  const round = ROUND[type];
  for (const e of p.order) {
    const args = e.args.map((a) => values.get(a)!);
    if (e.op === "input") values.set(e, round(inputs[e.value]));
    else if (e.op === "const") values.set(e, round(e.value));
    else if (e.op === "scalar") values.set(e, round(scalars[e.value]));
    else if (e.op === "index") values.set(e, at[e.value]);
    else if (type === "int32" && e.op === "mul")
      values.set(e, Math.imul(args[0] as number, args[1] as number));
    else {
      const result = (FUNCTIONS[e.op] as (...x: (number | boolean)[]) => number | boolean)(...args);
      values.set(e, typeof result === "boolean" ? result : round(result));
    }
  }
  return p.exprs.map((e) => values.get(e)!);
}

/** NaN is true; typed arrays do the rest (truncation, wrapping). */
const stored = (x: number | boolean, dtype: DType): number =>
  dtype === "bool" ? (x === true || (x !== false && x !== 0) ? 1 : 0) : Number(x);

const COMBINE: Record<ReduceOp | ScanOp, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
};
/** Modulo 2³². */
const wrapped = (op: ReduceOp, total: number, x: number): number =>
  op === "prod" ? Math.imul(total, x) : COMBINE[op](total, x) | 0;
const identity = (op: ReduceOp, dtype: DType): number => {
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  const extreme =
    dtype === "int32"
      ? [2147483647, -2147483648]
      : dtype === "uint8"
        ? [255, 0]
        : dtype === "bool"
          ? [1, 0]
          : [Infinity, -Infinity];
  return op === "min" ? extreme[0] : extreme[1];
};

export function oracle(): Backend {
  const memory = { live: 0, peak: 0, buffers: 0, reserved: 0 };
  const readSync = (buffer: Buffer, start = 0, bytes = buffer.bytes - start) =>
    (buffer as Memory).data.slice(start, start + bytes);
  return {
    name: "oracle",
    dtypes: new Set<DType>(["float32", "float64", "int32", "uint8", "bool"]),
    overrides: new Map(),
    alloc(bytes) {
      memory.live += bytes;
      memory.buffers++;
      memory.peak = memory.reserved = Math.max(memory.peak, memory.live);
      return new Memory(bytes);
    },
    free(buffer) {
      memory.live -= buffer.bytes;
      memory.buffers--;
    },
    write(buffer, data, start = 0) {
      new Uint8Array((buffer as Memory).data).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        start,
      );
    },
    readSync,
    read: async (...args) => readSync(...args),
    finished: async () => {},
    memory: () => ({ ...memory }),

    map(p, inputs, outputs, scalars) {
      const type = computeType(inputs, outputs);
      const from = inputs.map(arrayOf);
      const to = outputs.map(arrayOf);
      eachPosition(outputs[0].shape, (at) => {
        const values = evaluate(
          p,
          inputs.map((v, i) => from[i][offsetOf(v, at)]),
          at,
          scalars,
          type,
        );
        outputs.forEach((v, i) => {
          to[i][offsetOf(v, at)] = stored(values[i], v.dtype);
        });
      });
    },
    reduce(op, p, inputs, output, axes, scalars) {
      const type = computeType(inputs, [output]);
      const from = inputs.map(arrayOf);
      const to = arrayOf(output);
      eachPosition(output.shape, (kept) => {
        let total = identity(op, output.dtype);
        eachPosition(
          inputs[0].shape.map((n, d) => (axes.includes(d) ? n : 1)),
          (inner) => {
            const at = kept.map((i, d) => (axes.includes(d) ? inner[d] : i));
            const [value] = evaluate(
              p,
              inputs.map((v, i) => from[i][offsetOf(v, at)]),
              at,
              scalars,
              type,
            );
            total =
              type === "int32"
                ? wrapped(op, total, Number(value))
                : COMBINE[op](total, Number(value));
          },
        );
        to[offsetOf(output, kept)] = stored(total, output.dtype);
      });
    },
    matmul(a, b, output) {
      const [x, y, to] = [a, b, output].map(arrayOf);
      const rank = output.shape.length;
      eachPosition(output.shape, (at) => {
        let total = 0;
        for (let k = 0; k < a.shape[rank - 1]; k++)
          total +=
            x[offsetOf(a, replaced(at, rank - 1, k))] * y[offsetOf(b, replaced(at, rank - 2, k))];
        to[offsetOf(output, at)] = total;
      });
    },
    gather(input, index, output, axis) {
      const [x, i, to] = [input, index, output].map(arrayOf);
      eachPosition(output.shape, (at) => {
        to[offsetOf(output, at)] =
          x[
            offsetOf(
              input,
              replaced(
                at,
                axis,
                checked(i[offsetOf(index, at)], input.shape[axis], at, axis, "gather"),
              ),
            )
          ];
      });
    },
    scatter(target, index, updates, axis, mode) {
      const [to, i, x] = [target, index, updates].map(arrayOf);
      eachPosition(index.shape, (at) => {
        const place = offsetOf(
          target,
          replaced(
            at,
            axis,
            checked(i[offsetOf(index, at)], target.shape[axis], at, axis, "scatter"),
          ),
        );
        const value = x[offsetOf(updates, at)];
        to[place] = mode === "add" ? to[place] + value : value;
      });
    },
    sort(input, values, indices, axis, descending) {
      const [x, sorted, places] = [input, values, indices].map(arrayOf);
      const n = input.shape[axis];
      const compare = (a: number, b: number) =>
        Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : a - b;
      eachPosition(
        input.shape.map((s, d) => (d === axis ? Math.min(s, 1) : s)),
        (at) => {
          const value = (k: number) => x[offsetOf(input, replaced(at, axis, k))];
          const order = Array.from({ length: n }, (_, k) => k).sort(
            (a, b) =>
              (descending ? compare(value(b), value(a)) : compare(value(a), value(b))) || a - b,
          );
          order.forEach((k, i) => {
            sorted[offsetOf(values, replaced(at, axis, i))] = value(k);
            places[offsetOf(indices, replaced(at, axis, i))] = k;
          });
        },
      );
    },
    scan(op, input, output, axis) {
      const [x, to] = [input, output].map(arrayOf);
      eachPosition(input.shape, (at) => {
        const value = x[offsetOf(input, at)];
        const before =
          at[axis] === 0 ? undefined : to[offsetOf(output, replaced(at, axis, at[axis] - 1))];
        to[offsetOf(output, at)] = before === undefined ? value : COMBINE[op](before, value);
      });
    },
    random(output, key) {
      const to = arrayOf(output);
      for (let i = 0; i < output.numel; i++)
        to[output.offset + i] = uniformAt(key.seed, key.counter, i);
    },
  };
}

function checked(i: number, n: number, at: readonly number[], axis: number, name: string): number {
  if (i < 0 || i >= n)
    throw new RangeError(
      `${name}: index ${i} at position [${at.join(", ")}] is out of range for axis ${axis} of size ${n}`,
    );
  return i;
}

/** Threefry-2x32 with 20 rounds, on BigInts: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011). */
export function threefry(
  key: readonly [number, number],
  counter: readonly [number, number],
): [number, number] {
  const mask = 0xffffffffn;
  const rotations = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n];
  const k = [BigInt(key[0]), BigInt(key[1])];
  k.push(0x1bd11bdan ^ k[0] ^ k[1]);
  let x = (BigInt(counter[0]) + k[0]) & mask;
  let y = (BigInt(counter[1]) + k[1]) & mask;
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8];
    x = (x + y) & mask;
    y = (((y << r) | (y >> (32n - r))) & mask) ^ x;
    if (round % 4 === 3) {
      const s = (round + 1) / 4;
      x = (x + k[s % 3]) & mask;
      y = (y + k[(s + 1) % 3] + BigInt(s)) & mask;
    }
  }
  return [Number(x), Number(y)];
}

function uniformAt(
  seed: readonly [number, number],
  counter: readonly [number, number],
  i: number,
): number {
  const at = BigInt(counter[0]) + (BigInt(counter[1]) << 32n) + BigInt(Math.floor(i / 2));
  const words = threefry(seed, [Number(at & 0xffffffffn), Number((at >> 32n) & 0xffffffffn)]);
  return (words[i % 2] >>> 8) / 2 ** 24;
}

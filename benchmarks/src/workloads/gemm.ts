import type { Workload } from "./spec.ts";

const product = (name: string, m: number, k: number, n: number): Workload => ({
  name: `gemm-${name}`,
  kind: "gemm",
  m,
  k,
  n,
});

export const gemm: readonly Workload[] = [
  ...[64, 128, 256, 512, 1024, 2048].map((n) => product(`${n}`, n, n, n)),
  // Beside a power of two: what edges cost.
  product("255", 255, 255, 255),
  product("257", 257, 257, 257),
  // The layers of an MLP on MNIST.
  product("64x784x512", 64, 784, 512),
  product("64x784x10", 64, 784, 10),
  { name: "gemm-batched-32x128x64x128", kind: "gemm", batch: 32, m: 128, k: 64, n: 128 },
];

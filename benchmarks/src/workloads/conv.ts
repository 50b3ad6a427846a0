import type { Conv, Workload } from "./spec.ts";

const conv = (
  name: string,
  channels: number,
  filters: number,
  kernel: number,
  size: number,
  options: Partial<Conv> = {},
): Workload => ({
  name: `conv-${name}`,
  kind: "conv",
  batch: 64,
  channels,
  filters,
  size,
  kernel,
  padding: 0,
  groups: 1,
  backward: true,
  ...options,
});

/** Forward and backward but for the one named so. Backward means both gradients, the input's and the weight's. */
export const convolutions: readonly Workload[] = [
  conv("lenet-1", 1, 6, 5, 28, { padding: 2 }),
  conv("lenet-2", 6, 16, 5, 14),
  conv("resnet-16x32", 16, 16, 3, 32, { padding: 1 }),
  conv("resnet-64x8", 64, 64, 3, 8, { padding: 1 }),
  conv("32to64-forward", 32, 64, 3, 14, { padding: 1, backward: false }),
  conv("32to64", 32, 64, 3, 14, { padding: 1 }),
  conv("1x1", 64, 128, 1, 14),
  conv("depthwise", 64, 64, 3, 28, { padding: 1, groups: 64 }),
];

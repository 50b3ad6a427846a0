import type { Elementwise, Workload } from "./spec.ts";

const M = 2 ** 20;
const map = (op: Elementwise["op"], millions: number): Workload => ({
  name: `${op}-${millions}M`,
  kind: "elementwise",
  op,
  size: millions * M,
});

export const elementwise: readonly Workload[] = [
  map("add", 1),
  map("add", 16),
  map("relu", 1),
  map("relu", 16),
  map("exp", 1),
  map("gelu", 1),
  { name: "softmax-1024x1024", kind: "rows", op: "softmax", rows: 1024, columns: 1024 },
  { name: "layerNorm-1024x1024", kind: "rows", op: "layerNorm", rows: 1024, columns: 1024 },
  {
    name: "crossEntropy-8192x128",
    kind: "crossEntropy",
    rows: 8192,
    classes: 128,
    backward: false,
  },
  {
    name: "crossEntropy-8192x128-backward",
    kind: "crossEntropy",
    rows: 8192,
    classes: 128,
    backward: true,
  },
];

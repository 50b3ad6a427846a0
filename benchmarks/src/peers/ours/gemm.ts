import type { Gemm } from "../../workloads/spec.ts";
import { forward, input } from "./tensors.ts";

export function gemm({ batch, m, k, n }: Gemm) {
  const outer = batch ? [batch] : [];
  const a = input([...outer, m, k]);
  const b = input([...outer, k, n], 1);
  return forward([a, b], () => a.matmul(b));
}

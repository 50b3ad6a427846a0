import { layerNorm } from "@dl/nn/functional";
import { gelu, type Tensor } from "@dl/tensor";
import type { Runnable } from "../../child/answer.ts";
import type { Elementwise, Rows } from "../../workloads/spec.ts";
import { forward, input } from "./tensors.ts";

const OPS: Record<Elementwise["op"], (x: Tensor, y: Tensor) => Tensor> = {
  add: (x, y) => x.add(y),
  relu: (x) => x.relu(),
  exp: (x) => x.exp(),
  gelu: (x) => gelu(x),
};

export function elementwise({ op, size }: Elementwise): Runnable {
  const x = input([size], 0, 4);
  const y = input([op === "add" ? size : 0], 1);
  return forward([x, y], () => OPS[op](x, y));
}

export function rows({ op, rows, columns }: Rows): Runnable {
  const x = input([rows, columns], 0, 4);
  if (op === "softmax") return forward([x], () => x.softmax(1));
  const [weight, bias] = [input([columns], 1), input([columns], 2)];
  return forward([x, weight, bias], () => layerNorm(x, [columns], { weight, bias }));
}

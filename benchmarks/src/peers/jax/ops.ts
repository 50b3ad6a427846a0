import { grad, lax, nn, numpy as np, vjp } from "@jax-js/jax";
import { Cannot, type Runnable } from "../../child/answer.ts";
import { labels } from "../../child/data.ts";
import {
  CHAIN,
  type Conv,
  type CrossEntropy,
  type Dispatch,
  type Elementwise,
  type Gemm,
  type Rows,
} from "../../workloads/spec.ts";
import { array, chained, compiled, input, type JaxArray } from "./arrays.ts";

export function gemm({ batch, m, k, n }: Gemm): Runnable {
  const outer = batch ? [batch] : [];
  return compiled([input([...outer, m, k]), input([...outer, k, n], 1)], np.matmul);
}

const OPS: Record<Elementwise["op"], (x: JaxArray, y: JaxArray) => JaxArray> = {
  add: (x, y) => x.add(y),
  relu: (x) => nn.relu(x),
  exp: (x) => np.exp(x),
  gelu: (x) => nn.gelu(x, { approximate: false }),
};
export function elementwise({ op, size }: Elementwise): Runnable {
  const inputs = [input([size], 0, 4), ...(op === "add" ? [input([size], 1)] : [])];
  return compiled(inputs, OPS[op] as (...inputs: JaxArray[]) => JaxArray);
}

export function rows({ op, rows, columns }: Rows): Runnable {
  const x = input([rows, columns], 0, 4);
  if (op === "softmax") return compiled([x], (t) => nn.softmax(t, -1));
  const scale = [input([columns], 1), input([columns], 2)];
  return compiled([x, ...scale], (t, weight, bias) =>
    nn.standardize(t, -1, { epsilon: 1e-5 }).mul(weight).add(bias),
  );
}

/** A row per label, 1 where the label is. */
export function oneHot(rows: number, classes: number): JaxArray {
  const data = new Float32Array(rows * classes);
  for (const [row, label] of labels(rows, classes).entries()) data[row * classes + label] = 1;
  return array(data, [rows, classes]);
}
export const meanCrossEntropy = (logits: JaxArray, targets: JaxArray): JaxArray =>
  nn.logSoftmax(logits, -1).mul(targets).sum(-1).mean().neg();

export function crossEntropy({ rows, classes, backward }: CrossEntropy): Runnable {
  const inputs = [input([rows, classes], 0, 4), oneHot(rows, classes)];
  return compiled(inputs, backward ? grad(meanCrossEntropy) : meanCrossEntropy);
}

export function conv(spec: Conv): Runnable {
  const { batch, channels, filters, size, kernel, padding, groups, backward } = spec;
  const out = size + 2 * padding - kernel + 1;
  const x = input([batch, channels, size, size]);
  const weight = input([filters, channels / groups, kernel, kernel], 1);
  const around: [number, number] = [padding, padding];
  const product = (image: JaxArray, filter: JaxArray): JaxArray =>
    lax.convGeneralDilated(image, filter, [1, 1], [around, around], { featureGroupCount: groups });
  if (!backward) return compiled([x, weight], product);
  return compiled([x, weight, input([batch, filters, out, out], 2)], (image, filter, dy) => {
    const [y, pullBack] = vjp(product, [image, filter]);
    y.dispose();
    const gradients = pullBack(dy) as JaxArray[];
    pullBack.dispose();
    return gradients;
  });
}

export function dispatch({ op, size }: Dispatch): Runnable {
  const inputs = [input([size]), input([size], 1)];
  if (op === "addRecorded") throw new Cannot("records inside of a gradient function only");
  if (op === "add") return compiled(inputs, (x, y) => x.add(y));
  if (op === "addChain") return chained(inputs, (x, y) => x.add(y), CHAIN);
  return compiled(
    inputs,
    grad((x: JaxArray, y: JaxArray) => x.add(y).sum()),
  );
}

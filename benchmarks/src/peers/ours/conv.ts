import { conv2d } from "@dl/tensor";
import type { Runnable } from "../../child/answer.ts";
import type { Conv } from "../../workloads/spec.ts";
import { checkGradients, forward, input } from "./tensors.ts";

export function conv(spec: Conv): Runnable {
  const { batch, channels, filters, size, kernel, padding, groups, backward } = spec;
  const out = size + 2 * padding - kernel + 1;
  const x = input([batch, channels, size, size]);
  const weight = input([filters, channels / groups, kernel, kernel], 1);
  const product = () => conv2d(x, weight, { padding, groups });
  if (!backward) return forward([x, weight], product);

  const gradient = input([batch, filters, out, out], 2);
  x.requiresGrad = weight.requiresGrad = true;
  const step = () => {
    x.grad = weight.grad = null;
    product().backward(gradient);
  };
  return {
    run: step,
    check: () => {
      step();
      return checkGradients([x, weight]);
    },
  };
}

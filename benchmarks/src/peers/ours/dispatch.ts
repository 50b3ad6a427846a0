import type { Runnable } from "../../child/serve.ts";
import type { Dispatch } from "../../workloads/spec.ts";
import { checkGradients, forward, input } from "./tensors.ts";

export function dispatch({ op, size }: Dispatch): Runnable {
  const [x, y] = [input([size]), input([size], 1)];
  x.requiresGrad = op !== "add";
  if (op !== "addBackward") return forward([x, y], () => x.add(y));
  const step = () => {
    x.grad = null;
    x.add(y).sum().backward();
  };
  return {
    run: step,
    check: () => {
      step();
      return checkGradients([x]);
    },
  };
}

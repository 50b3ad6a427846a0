import type { Runnable } from "../../child/answer.ts";
import { CHAIN, type Dispatch } from "../../workloads/spec.ts";
import { checkGradients, forward, input } from "./tensors.ts";

export function dispatch({ op, size }: Dispatch): Runnable {
  const [x, y] = [input([size]), input([size], 1)];
  if (op === "addChain")
    return forward([x, y], () => {
      let sum = x.add(y);
      for (let i = 1; i < CHAIN; i++) {
        const next = sum.add(y);
        sum.dispose();
        sum = next;
      }
      return sum;
    });
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

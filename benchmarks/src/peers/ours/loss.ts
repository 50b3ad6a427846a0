import { crossEntropy } from "@dl/losses";
import { tensor } from "@dl/tensor";
import type { Runnable } from "../../child/answer.ts";
import { labels } from "../../child/data.ts";
import type { CrossEntropy } from "../../workloads/spec.ts";
import { checkGradients, forward, input } from "./tensors.ts";

export function crossEntropyOf({ rows, classes, backward }: CrossEntropy): Runnable {
  const x = input([rows, classes], 0, 4);
  const y = tensor(labels(rows, classes));
  if (!backward) return forward([x, y], () => crossEntropy(x, y));
  x.requiresGrad = true;
  const step = () => {
    x.grad = null;
    crossEntropy(x, y).backward();
  };
  return {
    run: step,
    check: () => {
      step();
      return checkGradients([x]);
    },
  };
}

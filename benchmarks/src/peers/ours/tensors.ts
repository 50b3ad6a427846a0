import { type Tensor, tensor } from "@dl/tensor";
import { checksum, values } from "../../child/data.ts";
import type { Runnable } from "../../child/serve.ts";

export const input = (shape: readonly number[], seed = 0, scale = 1): Tensor =>
  tensor(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
      scale,
    ),
    { shape: [...shape] },
  );

/** An op without gradients. Its result is let go at once, as a module's forward does with what it makes on the way. */
export const forward = (inputs: readonly Tensor[], op: () => Tensor): Runnable => ({
  run: () => op().dispose(),
  check: () => {
    const result = op();
    const sum = checksum(result.contiguous().dataSync());
    result.dispose();
    return sum;
  },
  dispose: () => inputs.forEach((t) => void t.dispose()),
});

/** The sum of the gradients' checksums. */
export const checkGradients = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, t) => sum + checksum(t.grad!.contiguous().dataSync()), 0);

import { type Tensor, tensor } from "@dl/tensor";
import type { Runnable } from "../../child/answer.ts";
import { checksum, values } from "../../child/data.ts";

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
  check: async () => {
    const result = op();
    const sum = checksum(await result.contiguous().data());
    result.dispose();
    return sum;
  },
  dispose: () => inputs.forEach((t) => void t.dispose()),
});

/** The sum of the gradients' checksums. */
export async function checkGradients(tensors: readonly Tensor[]): Promise<number> {
  const data = await Promise.all(tensors.map((t) => t.grad!.contiguous().data()));
  return data.reduce((sum, values) => sum + checksum(values), 0);
}

/** Looking at values on the host: only where that costs no waiting. */
import { DlError, scope, type Tensor, type TypedArray } from "@dl/tensor/core";

/** The elements, if the device can be read at once or JavaScript has them anyway. */
export const readable = (t: Tensor): TypedArray | undefined =>
  t.memory.storage.host || t.device.readSync ? scope(() => t.detach().dataSync()) : undefined;

/** "[3, 1]" for the i-th element. */
export function positionOf(i: number, shape: readonly number[]): string {
  const at: number[] = [];
  let rest = i;
  for (let d = shape.length - 1; d >= 0; d--) {
    at[d] = rest % shape[d];
    rest = (rest - at[d]) / shape[d];
  }
  return `[${at.join(", ")}]`;
}

/** Class indices within 0 … classes−1; answers whether some are to be ignored (true when that is not known). */
export function checkClasses(
  name: string,
  target: Tensor,
  classes: number,
  ignoreIndex: number,
): boolean {
  const values = readable(target);
  if (!values) return true;
  let ignored = false;
  for (let i = 0; i < values.length; i++) {
    const c = values[i];
    if (c === ignoreIndex) ignored = true;
    else if (!(c >= 0 && c < classes) || !Number.isInteger(c)) {
      throw new DlError(
        "index",
        `${name}: target ${c} at position ${positionOf(i, target.shape)} is not one of the ${classes} classes 0 … ${classes - 1}: ` +
          "labels count from 0, and the model's last layer needs an output for each",
      );
    }
  }
  return ignored;
}

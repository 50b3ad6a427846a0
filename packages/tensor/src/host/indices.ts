import type { HostView } from "./hostView.ts";
import { eachRow } from "./loops.ts";

/**
 * Looks at every index before anything is written.
 *
 * @param op for the message: "gather" or "scatter"
 * @param size of the indexed operand along `axis`
 * @throws RangeError naming the first index outside 0 … size − 1, and its position
 */
export function checkIndices(op: string, index: HostView, size: number, axis: number): void {
  let position = 0;
  eachRow(index.shape, [index], ([from], length, [step]) => {
    for (let i = 0; i < length; i++) {
      const value = index.data[from + i * step];
      if (value >= 0 && value < size) continue;
      const at = positionOf(position + i, index.shape).join(", ");
      throw new RangeError(
        `${op}: index ${value} at position [${at}] is out of range for axis ${axis} of size ${size}`,
      );
    }
    position += length;
  });
}

function positionOf(linear: number, shape: readonly number[]): number[] {
  let rest = linear;
  const at: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    at[d] = rest % shape[d];
    rest = (rest - at[d]) / shape[d];
  }
  return at;
}

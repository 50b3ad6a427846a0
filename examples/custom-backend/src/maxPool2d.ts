import { elementOffsets } from "@dl/tensor/core";
import type { Override } from "./backend.ts";

/**
 * Maxima and their places in one pass over the windows, which the op's decomposition reduces twice. The first of equal ones
 * counts, and NaN is greatest. Windows with padding or gaps are left to the decomposition.
 */
export const maxPool2d: Override = ([x], [values, indices], attrs) => {
  const { size, stride, padding, extra, dilation, out }: Record<string, number[]> = attrs;
  if ([...padding, ...extra].some((n) => n > 0) || dilation.some((n) => n > 1)) return false;
  const [down, across] = x.strides.slice(2);
  let to = 0; // Results are new and row-major; operands may lie in any way.
  for (const plane of elementOffsets(x, { dims: [0, 1] })) {
    for (let i = 0; i < out[0] * out[1]; i++, to++) {
      const top = Math.floor(i / out[1]) * stride[0];
      const left = (i % out[1]) * stride[1];
      let [best, place] = [-Infinity, -1];
      for (let row = top; row < top + size[0]; row++) {
        for (let column = left; column < left + size[1]; column++) {
          const value = x.data[plane + row * down + column * across];
          if (place >= 0 && (value <= best || Number.isNaN(best))) continue;
          [best, place] = [value, row * x.shape[3] + column];
        }
      }
      values.data[to] = best;
      indices.data[to] = place;
    }
  }
  return true;
};

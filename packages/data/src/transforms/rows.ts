import { cat, DlError, formatShape, indexSelect, type Tensor } from "@dl/tensor/core";
import { whole } from "./functional/image.ts";

/**
 * Images in groups: those with the same key are computed together, and all are put back in order. Keys are known on the
 * host, so that nothing is read.
 *
 * @param apply to the images of a group, which are `indices` of the batch
 */
export function grouped<K>(
  name: string,
  images: Tensor,
  keys: readonly K[],
  apply: (key: K, images: Tensor, indices: readonly number[]) => Tensor,
): Tensor {
  const groups = new Map<K, number[]>();
  keys.forEach((key, i) => {
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  if (groups.size === 0) return images;
  if (groups.size === 1) return apply(keys[0], images, [...keys.keys()]);
  const select = (from: Tensor, indices: readonly number[]): Tensor =>
    indexSelect(from, 0, whole(indices, [indices.length], from));
  const parts = [...groups].map(([key, indices]) => apply(key, select(images, indices), indices));
  const [first] = parts;
  const other = parts.find((part) => part.shape.slice(1).join() !== first.shape.slice(1).join());
  if (other)
    throw new DlError(
      "shape",
      `${name}: the images of a batch stay equal in size, but some became ${formatShape(first.shape.slice(1))} and some ${formatShape(other.shape.slice(1))}: resize or crop all of them, or give images one by one`,
    );
  const position = new Int32Array(keys.length);
  [...groups.values()].flat().forEach((i, at) => {
    position[i] = at;
  });
  return select(cat(parts, 0), [...position]);
}

/** Maxima among elements whose places in their plane are known: what pooling over uneven windows comes to. */
import type { Backend } from "../backend.ts";
import { numelOf, type Shape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import type { ValuesAndIndices } from "./reduce.ts";

/**
 * Places in a plane of size `input`, as [windows, elements of a window], from places along each of its dimensions,
 * `lines[dimension][window][element]`.
 */
export function planePositions(
  lines: readonly (readonly (readonly number[])[])[],
  input: Shape,
  device: Backend,
): Tensor {
  const combined = lines.reduce<readonly (readonly number[])[]>(
    (windows, line, i) =>
      windows.flatMap((before) =>
        line.map((places) => before.flatMap((at) => places.map((k) => at * input[i] + k))),
      ),
    [[0]],
  );
  const width = combined[0]?.length ?? 0;
  return Tensor.from(Int32Array.from(combined.flat()), [combined.length, width], device);
}

/**
 * The first greatest of the elements at `places` (int32, [windows, elements] or [N, C, windows, elements]) of each plane of
 * x, whose planes are its last `dims` dimensions, and where it is. The gradient goes to that element.
 */
export function gatherPositions(
  x: Tensor,
  dims: number,
  out: Shape,
  places: Tensor,
): ValuesAndIndices {
  const lead = x.shape.slice(0, x.rank - dims);
  const shape = [...lead, ...out];
  if (numelOf(shape) === 0)
    return { values: x.newZeros(shape), indices: x.newZeros(shape).to("int32") };
  const planes = x.reshape([...lead, numelOf(x.shape.slice(-dims))]);
  const axis = lead.length;
  const all = places.expand([...lead, numelOf(out), places.shape.at(-1)!]);
  // Nothing is recorded until the places are known.
  const taken = planes
    .detach()
    .gather(axis, all.reshape([...lead, -1]))
    .reshape(all.shape);
  const best = taken.argmax(axis + 1, { keepdim: true });
  const indices = all.gather(axis + 1, best).squeeze(axis + 1);
  return {
    values: planes.gather(axis, indices).reshape(shape),
    indices: indices.reshape(shape),
  };
}

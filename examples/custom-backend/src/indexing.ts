import { checkIndices, eachRow, type HostKernel, type HostView } from "@dl/tensor/core";

/** Calls `visit` with where each element lies that an index names, and where its partner in `other` does. */
function eachIndexed(
  op: string,
  [indexed, index, other]: readonly HostView[],
  axis: number,
  visit: (place: number, partner: number) => void,
): void {
  checkIndices(op, index, indexed.shape[axis], axis);
  // Along the axis it is not the position that counts, but the index.
  const strides = indexed.strides.map((s, d) => (d === axis ? 0 : s));
  const along = indexed.strides[axis];
  const views = [{ ...indexed, strides }, index, other];
  eachRow(index.shape, views, ([place, at, partner], length, [byPlace, by, byPartner]) => {
    for (let i = 0; i < length; i++)
      visit(place + i * byPlace + index.data[at + i * by] * along, partner + i * byPartner);
  });
}

export const gather: HostKernel<"gather"> = (input, index, output, axis) =>
  eachIndexed("gather", [input, index, output], axis, (place, partner) => {
    output.data[partner] = input.data[place];
  });

export const scatter: HostKernel<"scatter"> = (target, index, updates, axis, mode) =>
  eachIndexed("scatter", [target, index, updates], axis, (place, partner) => {
    if (mode === "set") target.data[place] = updates.data[partner];
    else if (target.dtype === "bool") target.data[place] |= updates.data[partner];
    else target.data[place] += updates.data[partner];
  });

import { DlError, isTensor, type Tensor } from "@dl/tensor/core";

/** A class for each sample: numbers or names, as an array or a tensor of one dimension. */
export type Labels = ArrayLike<number | string> | Tensor;

/** @internal The same as something with indices. Reads a tensor. */
export function listOf(labels: Labels, name: string): ArrayLike<number | string> {
  if (isTensor(labels)) {
    if (labels.rank !== 1)
      throw new DlError(
        "shape",
        `${name}: a class for each sample, [N], is expected, got [${labels.shape.join(", ")}]: ` +
          "of probabilities or one-hot rows take argmax(1) first",
      );
    return labels.dataSync();
  }
  if (labels === null || typeof labels !== "object" || typeof labels.length !== "number")
    throw new DlError("value", `${name}: an array of classes is expected, got ${typeof labels}`);
  return labels;
}

export interface Classes {
  /** Of each sample, in the order in which the classes first appear. */
  readonly codes: Int32Array;
  /** The samples of each class, ascending. */
  readonly members: readonly Int32Array[];
  readonly names: readonly (number | string)[];
}

/** @internal Numbers the classes as they first appear. */
export function classesOf(labels: Labels, name: string): Classes {
  const list = listOf(labels, name);
  const known = new Map<number | string, number>();
  const codes = new Int32Array(list.length);
  const counts: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const label = list[i];
    if ((typeof label !== "number" && typeof label !== "string") || Number.isNaN(label))
      throw new DlError(
        "value",
        `${name}: the class of sample ${i} is ${String(label)}, not a number or a name`,
      );
    let code = known.get(label);
    if (code === undefined) {
      code = known.size;
      known.set(label, code);
      counts.push(0);
    }
    codes[i] = code;
    counts[code]++;
  }
  const members = counts.map((n) => new Int32Array(n));
  const filled = counts.map(() => 0);
  for (let i = 0; i < codes.length; i++) members[codes[i]][filled[codes[i]]++] = i;
  return { codes, members, names: [...known.keys()] };
}

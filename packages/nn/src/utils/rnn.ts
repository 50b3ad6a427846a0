/**
 * Batches of sequences of different lengths: padded to one length, or packed, which leaves the padding out. `RNN`, `LSTM`
 * and `GRU` take packed sequences and compute nothing for what is not there.
 *
 * Lengths shape the results, so they have to be known on the host: arrays always are, and so are tensors made from them.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.html#utility-functions
 */
import {
  type Backend,
  checkTensor,
  DlError,
  type DType,
  formatShape,
  indexSelect,
  isTensor,
  numelOf,
  pad,
  ShapeError,
  scope,
  stack,
  Tensor,
  unbind,
} from "@dl/tensor/core";

export interface PackedSequenceOptions {
  /** From sorted positions in the batch to the user's. Default: they are the same. */
  sortedIndices?: Tensor | null;
  /** The inverse of `sortedIndices`, which it is by default. */
  unsortedIndices?: Tensor | null;
}

/**
 * Sequences of decreasing length without padding: all first elements, then all second ones, and so on. Made by
 * {@link packPaddedSequence} and {@link packSequence} rather than by hand.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
 *
 * @example
 * const packed = packSequence([tensor([1, 2, 3]), tensor([4, 5])]);
 * packed.data // => [1, 4, 2, 5, 3]
 * packed.batchSizes // => [2, 2, 1]
 */
export class PackedSequence {
  /** `[Σ lengths, *]` */
  readonly data: Tensor;
  /** int32: how many sequences there are at each step. */
  readonly batchSizes: Tensor;
  readonly sortedIndices: Tensor | null;
  readonly unsortedIndices: Tensor | null;
  /** @internal `batchSizes` on the host. */
  readonly sizes: readonly number[];

  constructor(
    data: Tensor,
    batchSizes: Tensor | readonly number[],
    { sortedIndices = null, unsortedIndices = null }: PackedSequenceOptions = {},
  ) {
    checkTensor(data, "PackedSequence", 0);
    this.data = data;
    this.sizes = onHost("PackedSequence", "batchSizes", batchSizes);
    this.batchSizes = isTensor(batchSizes) ? batchSizes : indices(this.sizes, data.device);
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices ?? invertPermutation(sortedIndices);
  }

  /** Of the sorted sequences. */
  get lengths(): number[] {
    const { sizes } = this;
    return Array.from({ length: sizes[0] ?? 0 }, (_, i) => sizes.filter((n) => n > i).length);
  }
  /** With data of another dtype, or all on another backend. */
  to(target: DType | Backend | { dtype?: DType; device?: Backend }): PackedSequence {
    const data = this.data.to(target);
    if (data === this.data) return this;
    const moved = (t: Tensor | null) => t?.to({ device: data.device });
    return new PackedSequence(data, this.batchSizes, {
      sortedIndices: moved(this.sortedIndices),
      unsortedIndices: moved(this.unsortedIndices),
    });
  }
}

/**
 * The positions that undo a permutation; null for null.
 *
 * @example
 * invertPermutation(tensor([2, 0, 1])) // => [1, 2, 0]
 */
export function invertPermutation(permutation: Tensor | null): Tensor | null {
  if (!permutation) return null;
  const order = onHost("invertPermutation", "permutation", permutation);
  const inverse = new Array<number>(order.length);
  order.forEach((from, to) => {
    inverse[from] = to;
  });
  return indices(inverse, permutation.device);
}

export interface PackOptions {
  /** The input is `[B, T, *]`. Default false: `[T, B, *]`. */
  batchFirst?: boolean;
  /** The lengths have to decrease. Default true; otherwise the sequences are sorted, and the order is remembered. */
  enforceSorted?: boolean;
}
/**
 * Packs padded sequences.
 *
 * @param input `[T, B, *]`; what lies beyond a sequence's length is left out.
 * @param lengths of the B sequences, each at least 1.
 * @throws ShapeError for lengths that do not fit, DlError "value" for lengths that do not decrease.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
 *
 * @example
 * const padded = tensor([[1, 0], [2, 3]]); // two sequences, batch first
 * packPaddedSequence(padded, [1, 2], { batchFirst: true, enforceSorted: false }).data // => [2, 1, 3]
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Tensor | readonly number[],
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence {
  checkTensor(input, "packPaddedSequence", 0);
  if (input.rank < 2)
    throw new ShapeError(
      `packPaddedSequence: the input has to be ${batchFirst ? "[B, T, *]" : "[T, B, *]"}, got ${formatShape(input.shape)}`,
    );
  const all = onHost("packPaddedSequence", "lengths", lengths);
  const [time, batch] = batchFirst
    ? [input.shape[1], input.shape[0]]
    : [input.shape[0], input.shape[1]];
  if (all.length !== batch || batch === 0)
    throw new ShapeError(
      `packPaddedSequence: ${all.length} lengths for ${batch} sequences in ${formatShape(input.shape)}: one for each is wanted${batchFirst ? "" : "; for [B, T, *] write { batchFirst: true }"}`,
    );
  const odd = all.findIndex((n) => !(n >= 1 && n <= time));
  if (odd >= 0)
    throw new ShapeError(
      `packPaddedSequence: length ${all[odd]} of sequence ${odd} has to be from 1 to ${time}, the steps in ${formatShape(input.shape)}`,
    );
  const order = all.map((_, i) => i);
  if (enforceSorted) {
    if (all.some((n, i) => i > 0 && n > all[i - 1]))
      throw new DlError(
        "value",
        `packPaddedSequence: the lengths ${formatShape(all)} do not decrease: { enforceSorted: false } sorts the sequences`,
      );
  } else order.sort((a, b) => all[b] - all[a]);

  const sizes = Array.from({ length: all[order[0]] }, (_, t) =>
    all.reduce((count, n) => count + Number(n > t), 0),
  );
  const rows: number[] = [];
  sizes.forEach((n, t) => {
    for (const b of order.slice(0, n)) rows.push(batchFirst ? b * time + t : t * batch + b);
  });
  const data = pick(input, rows);
  return new PackedSequence(data, sizes, {
    sortedIndices: enforceSorted ? null : indices(order, input.device),
  });
}

export interface PadPackedOptions {
  /** Give `[B, T, *]`. Default false: `[T, B, *]`. */
  batchFirst?: boolean;
  /** Default 0. */
  paddingValue?: number;
  /** How many steps to pad to. Default: the longest sequence's. */
  totalLength?: number | null;
}
/**
 * Undoes {@link packPaddedSequence}: sequences in the user's order, padded, and their lengths (int32).
 *
 * @throws DlError "value" when `totalLength` is less than the longest sequence.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html
 *
 * @example
 * const packed = packSequence([tensor([1]), tensor([2, 3])], { enforceSorted: false });
 * const [padded, lengths] = padPackedSequence(packed, { batchFirst: true });
 * padded // => [[1, 0], [2, 3]]
 * lengths // => [1, 2]
 */
export function padPackedSequence(
  sequence: PackedSequence,
  { batchFirst = false, paddingValue = 0, totalLength = null }: PadPackedOptions = {},
): [padded: Tensor, lengths: Tensor] {
  const { data, sizes, unsortedIndices } = sequence;
  const time = totalLength ?? sizes.length;
  if (time < sizes.length)
    throw new DlError(
      "value",
      `padPackedSequence: totalLength ${time} is less than the ${sizes.length} steps of the longest sequence`,
    );
  const sorted = sequence.lengths;
  const order = unsortedIndices
    ? onHost("padPackedSequence", "unsortedIndices", unsortedIndices)
    : sorted.map((_, i) => i);
  const starts: number[] = [0];
  for (const n of sizes) starts.push(starts.at(-1)! + n);
  const batch = order.length;
  const rows = new Array<number>(batch * time).fill(0);
  const isPadding = new Uint8Array(batch * time).fill(1);
  order.forEach((from, b) => {
    for (let t = 0; t < sorted[from]; t++) {
      const at = batchFirst ? b * time + t : t * batch + b;
      rows[at] = starts[t] + from;
      isPadding[at] = 0;
    }
  });
  const shape = [...(batchFirst ? [batch, time] : [time, batch]), ...data.shape.slice(1)];
  const padded = scope(() => {
    const picked = indexSelect(data, 0, indices(rows, data.device)).reshape(shape);
    if (!isPadding.includes(1)) return picked;
    const maskShape = [...shape.slice(0, 2), ...shape.slice(2).map(() => 1)];
    return picked.maskedFill(Tensor.from(isPadding, maskShape, data.device).bool(), paddingValue);
  });
  return [
    padded,
    indices(
      order.map((from) => sorted[from]),
      data.device,
    ),
  ];
}

export interface PadSequenceOptions {
  /** Give `[B, T, *]`. Default false: `[T, B, *]`. */
  batchFirst?: boolean;
  /** Default 0. */
  paddingValue?: number;
  /** Default `"right"`: at the end. */
  paddingSide?: "right" | "left";
}
/**
 * Sequences `[L, *]` padded to the longest one's length, and stacked.
 *
 * @throws ShapeError when the sequences differ in more than their length.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
 *
 * @example
 * padSequence([tensor([1, 2]), tensor([3])], { batchFirst: true, paddingValue: -1 }) // => [[1, 2], [3, -1]]
 */
export function padSequence(
  sequences: Iterable<Tensor> | Tensor,
  { batchFirst = false, paddingValue = 0, paddingSide = "right" }: PadSequenceOptions = {},
): Tensor {
  const all = isTensor(sequences) ? unbind(sequences, 0) : [...sequences];
  if (all.length === 0) throw new DlError("value", "padSequence: an empty list of sequences");
  if (paddingSide !== "right" && paddingSide !== "left")
    throw new DlError(
      "value",
      `padSequence: paddingSide is "right" or "left", got ${JSON.stringify(paddingSide)}`,
    );
  const [first] = all;
  all.forEach((t, i) => {
    checkTensor(t, "padSequence", i);
    if (
      t.rank === 0 ||
      t.rank !== first.rank ||
      t.shape.some((n, d) => d > 0 && n !== first.shape[d])
    )
      throw new ShapeError(
        `padSequence: sequence ${i} is ${formatShape(t.shape)}, sequence 0 ${formatShape(first.shape)}: [L, *] is wanted, with all sizes but L equal`,
      );
  });
  const time = Math.max(...all.map((t) => t.shape[0]));
  return scope(() =>
    stack(
      all.map((t) => {
        const missing = time - t.shape[0];
        if (missing === 0) return t;
        const ends = paddingSide === "right" ? [0, missing] : [missing, 0];
        const padding = [...new Array<number>(2 * (t.rank - 1)).fill(0), ...ends];
        return pad(t, padding, { value: paddingValue });
      }),
      batchFirst ? 0 : 1,
    ),
  );
}

/**
 * Undoes {@link padSequence}: views of the sequences without their padding (on the right).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html
 *
 * @example
 * unpadSequence(tensor([[1, 2], [3, 0]]), [2, 1], { batchFirst: true })[1] // => [3]
 */
export function unpadSequence(
  paddedSequences: Tensor,
  lengths: Tensor | readonly number[],
  { batchFirst = false }: { batchFirst?: boolean } = {},
): Tensor[] {
  checkTensor(paddedSequences, "unpadSequence", 0);
  const all = onHost("unpadSequence", "lengths", lengths);
  const batch = paddedSequences.shape[batchFirst ? 0 : 1];
  if (all.length !== batch)
    throw new ShapeError(
      `unpadSequence: ${all.length} lengths for ${batch} sequences in ${formatShape(paddedSequences.shape)}: one for each is wanted`,
    );
  return unbind(paddedSequences, batchFirst ? 0 : 1).map((t, i) =>
    t.narrow(0, 0, Math.min(all[i], t.shape[0])),
  );
}

/**
 * Packs sequences `[L, *]`: {@link padSequence}, then {@link packPaddedSequence}.
 *
 * @param options `enforceSorted` as there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html
 *
 * @example
 * packSequence([tensor([1, 2, 3]), tensor([4, 5]), tensor([6])]).data // => [1, 4, 6, 2, 5, 3]
 */
export function packSequence(
  sequences: Iterable<Tensor>,
  { enforceSorted = true }: { enforceSorted?: boolean } = {},
): PackedSequence {
  const all = [...sequences];
  return scope(() =>
    packPaddedSequence(
      padSequence(all),
      all.map((t) => t.shape[0]),
      { enforceSorted },
    ),
  );
}

/**
 * Undoes {@link packSequence}: the sequences, in the user's order.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpack_sequence.html
 *
 * @example
 * unpackSequence(packSequence([tensor([1, 2, 3]), tensor([4])]))[0] // => [1, 2, 3]
 */
export function unpackSequence(packedSequences: PackedSequence): Tensor[] {
  return scope(() => {
    const [padded, lengths] = padPackedSequence(packedSequences, { batchFirst: true });
    return unpadSequence(padded, lengths, { batchFirst: true });
  });
}

/** Rows of the first two dimensions taken as one. */
const pick = (x: Tensor, rows: readonly number[]): Tensor =>
  scope(() =>
    indexSelect(
      x.reshape([numelOf(x.shape.slice(0, 2)), ...x.shape.slice(2)]),
      0,
      indices(rows, x.device),
    ),
  );

const indices = (values: readonly number[], device: Backend): Tensor =>
  Tensor.from(Int32Array.from(values), [values.length], device);

/** Whole numbers that decide about shapes. */
function onHost(caller: string, what: string, values: Tensor | readonly number[]): number[] {
  if (!isTensor(values)) return [...values];
  if (!values.memory.storage.host && !values.device.readSync)
    throw new DlError(
      "no-sync",
      `${caller}: ${what} decide about shapes, but are on ${values.device.name}, which cannot be read at once: pass await ${what}.data()`,
    );
  return Array.from(values.detach().dataSync());
}

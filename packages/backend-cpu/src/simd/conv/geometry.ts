/** How windows lie on flat planes (see planes.ts). Everything counts elements, not bytes, unless it says so. */

/** One spatial dimension: position i of the result sees the input at i · step + offset, for each tap. */
export interface Axis {
  readonly size: number;
  readonly out: number;
  readonly step: number;
  readonly taps: readonly Tap[];
}
export interface Tap {
  /** Its index in the weight's window. */
  readonly index: number;
  readonly offset: number;
}

/** Windows of a convolution along one dimension. */
export function forwardAxis(
  size: number,
  out: number,
  kernel: number,
  step: number,
  before: number,
  dilation: number,
): Axis {
  const taps = Array.from({ length: kernel }, (_, t) => ({
    index: t,
    offset: t * dilation - before,
  }));
  return { size, out, step, taps };
}

/**
 * What flows back to the positions phase, phase + step, ... of a convolution's input: position step · q + phase was seen
 * by output i through tap t where i · step + t · dilation − before is that position, so i = q + (phase + before − t · dilation) / step.
 */
export function gradientAxis(
  forward: {
    size: number;
    out: number;
    kernel: number;
    step: number;
    before: number;
    dilation: number;
  },
  phase: number,
): Axis {
  const { size, out, kernel, step, before, dilation } = forward;
  const taps: Tap[] = [];
  for (let index = 0; index < kernel; index++) {
    const distance = phase + before - index * dilation;
    if (distance % step === 0) taps.push({ index, offset: distance / step });
  }
  return { size: out, out: Math.ceil((size - phase) / step), step: 1, taps };
}

const lowest = ({ taps }: Axis): number => Math.min(0, ...taps.map((t) => t.offset));
const highest = ({ taps }: Axis): number => Math.max(0, ...taps.map((t) => t.offset));

/** A band of rows of results, and the flat planes from which it is computed. */
export interface Flat {
  /** Columns that are copied, and zeros before them. */
  readonly columns: number;
  readonly before: number;
  readonly pitch: number;
  /** Rows of the padded plane, zeros before the image's first row. */
  readonly rows: number;
  readonly above: number;
  /** Elements of the plane for one remainder of the steps, and how many such there are. */
  readonly phase: number;
  readonly phases: number;
  /** Columns of the product. */
  readonly n: number;
  /** Zeros that have to follow the last plane. */
  readonly tail: number;
  /** Where the window of each (y, x) tap starts, row by row. */
  readonly offsets: readonly number[];
}

export function flatten(y: Axis, x: Axis, bandRows: number): Flat {
  const before = -lowest(x);
  const above = -lowest(y);
  const width = (x.out - 1) * x.step + highest(x) + before + 1;
  const columns = Math.max(0, Math.min(x.size, width - before));
  const after = width - before - columns;
  // Moving by one, the zeros after a row serve as those before the next.
  const pitch = x.step === 1 ? columns + Math.max(before, after) : Math.ceil(width / x.step);
  const rows = (bandRows - 1) * y.step + highest(y) + above + 1;
  const phase = Math.ceil(rows / y.step) * pitch;
  const offsets = y.taps.flatMap(({ offset: oy }) =>
    x.taps.map(({ offset: ox }) => {
      const [v, u] = [oy + above, ox + before];
      const which = (v % y.step) * x.step + (u % x.step);
      return which * phase + Math.floor(v / y.step) * pitch + Math.floor(u / x.step);
    }),
  );
  return {
    columns,
    before,
    pitch,
    rows,
    above,
    phase,
    phases: y.step * x.step,
    n: (bandRows - 1) * pitch + x.out,
    tail: x.step === 1 ? pitch - columns : 0,
    offsets,
  };
}

/** Which rows of the padded plane of a band, the first of whose results is `row`, are in the image. */
export function rowsInside(y: Axis, flat: Flat, row: number): { first: number; count: number } {
  const shift = flat.above - row * y.step;
  const first = Math.max(0, shift);
  return { first, count: Math.max(0, Math.min(flat.rows, y.size + shift) - first) };
}

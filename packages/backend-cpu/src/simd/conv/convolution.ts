/**
 * The overrides of convolution and its two gradients: in 1 to 3 dimensions, any steps, padding, dilation and groups. What
 * flows back to the input is a convolution again, of the output's gradient, one per remainder of the position by the step.
 */
import { type ConvAttrs, expr, program, type View } from "@dl/tensor/core";
import { type Kernel, SCRATCH_BYTES, Threads } from "../../threads/threads.ts";
import type { Elementwise } from "../elementwise.ts";
import type { Engine } from "../engine.ts";
import type { Family } from "../family.ts";
import { edgeBytes } from "../gemm/block.ts";
import { leftBytes, MOST_ROWS, tileColumns } from "../gemm/tile.ts";
import { writeWords } from "../parameters.ts";
import {
  CONVOLVE_WORDS,
  convolveModule,
  type Height,
  PACK_WORDS,
  packWeightModule,
} from "./forward.ts";
import {
  type Axis,
  type Flat,
  flatten,
  forwardAxis,
  gradientAxis,
  rowsInside,
} from "./geometry.ts";
import {
  CORRELATE_WORDS,
  correlateModule,
  correlateScratch,
  FLATTEN_WORDS,
  flattenModule,
  positions,
  SLICE_WORDS,
} from "./weightGradient.ts";

const ZERO = program([expr.constant(0)], 0);

/** Room for the words of one part. */
const PART_BYTES = 192;
/** What one part holds in scratch memory, if it can: it should stay in the second cache. */
const CACHE_BYTES = 3 * 2 ** 18;
/** Columns of the product from which one image is enough for a part. */
const ENOUGH_COLUMNS = 192;
/** Memory for the flat planes of a weight's gradient: if all images need more, some at a time. */
const FLAT_BYTES = 2 ** 25;
/** The share of a panel that several images together may take of the first cache. */
const PANEL_BYTES = 2 ** 14;
/** Elements of a gradient's plane that are correlated at a time. */
const SLICE_ELEMENTS = 2 ** 13;

/** A tensor [N, C, D, H, W]: address and distances in bytes. */
interface Images {
  readonly address: number;
  readonly image: number;
  readonly channel: number;
  readonly spatial: readonly number[];
}

/** A weight as a matrix per group: rows are channels of the result, terms (channel, tap) pairs. */
interface Weight {
  readonly address: number;
  readonly group: number;
  readonly row: number;
  readonly channel: number;
  readonly tap: readonly number[];
}

interface Product {
  readonly images: number;
  readonly groups: number;
  /** Per group: channels seen, channels made. */
  readonly channels: number;
  readonly m: number;
  readonly axes: readonly Axis[];
  readonly x: Images;
  readonly weight: Weight;
  readonly y: Images;
  /** Address, or 0. */
  readonly bias: number;
}

/** What the terms of a product depend on. */
interface Terms extends Pick<Product, "axes" | "channels" | "x"> {
  readonly weight: Pick<Weight, "channel" | "tap">;
}

const three = (list: readonly number[], fill: number): number[] => [
  ...new Array<number>(3 - list.length).fill(fill),
  ...list,
];
const multiple = (n: number, of: number): number => Math.ceil(n / of) * of;

class Convolution {
  private readonly engine: Engine;
  private readonly elementwise: Elementwise;
  private readonly kernels = new Map<string, Kernel>();

  constructor(engine: Engine, elementwise: Elementwise) {
    this.engine = engine;
    this.elementwise = elementwise;
  }

  /** x, weight and perhaps a bias → y. */
  forward(inputs: readonly View[], [y]: readonly View[], attrs: ConvAttrs): boolean {
    const [x, weight, bias] = inputs;
    if (!areFloats(...inputs, y) || bias?.contiguous === false) return false;
    if (y.numel === 0) return true;
    const axes = axesOf(attrs, y.shape.slice(2)).map((a) =>
      forwardAxis(a.size, a.out, a.kernel, a.step, a.before, a.dilation),
    );
    const { groups } = attrs;
    const w = this.images(weight);
    return this.convolve({
      images: x.shape[0],
      groups,
      channels: weight.shape[1],
      m: weight.shape[0] / groups,
      axes,
      x: this.images(x),
      weight: {
        address: w.address,
        group: w.image * (weight.shape[0] / groups),
        row: w.image,
        channel: w.channel,
        tap: w.spatial,
      },
      y: this.images(y),
      bias: bias ? this.compact(bias) : 0,
    });
  }

  /** The output's gradient g and the weight → the input's. */
  inputGradient([g, weight]: readonly View[], [x]: readonly View[], attrs: ConvAttrs): boolean {
    if (!areFloats(g, weight, x)) return false;
    if (x.numel === 0) return true;
    const { groups } = attrs;
    const forward = axesOf(attrs, g.shape.slice(2));
    const phases = forward.map((a) =>
      Array.from({ length: Math.min(a.step, a.size) }, (_, phase) => gradientAxis(a, phase)),
    );
    // Positions that no window reaches are zero.
    if (phases.some((list) => list.some((a) => a.taps.length === 0)))
      this.elementwise.map(ZERO, [], [x], []);
    const w = this.images(weight);
    const target = this.images(x);
    const [channels, m] = [weight.shape[0] / groups, weight.shape[1]];
    const product = {
      images: g.shape[0],
      groups,
      channels,
      m,
      x: this.images(g),
      weight: {
        address: w.address,
        group: w.image * channels,
        row: w.channel,
        channel: w.image,
        tap: w.spatial,
      },
      bias: 0,
    };
    let isDone = true;
    phases[0].forEach((z, i) => {
      phases[1].forEach((y, j) => {
        phases[2].forEach((xs, k) => {
          const axes = [z, y, xs];
          if (axes.some((a) => a.taps.length === 0 || a.out === 0)) return;
          const at = [i, j, k].reduce((sum, phase, d) => sum + phase * target.spatial[d], 0);
          isDone &&= this.convolve({
            ...product,
            axes,
            y: {
              ...target,
              address: target.address + at,
              spatial: target.spatial.map((s, d) => s * forward[d].step),
            },
          });
        });
      });
    });
    return isDone;
  }

  /** The input and the output's gradient → the weight's. */
  weightGradient([x, g]: readonly View[], [w]: readonly View[], attrs: ConvAttrs): boolean {
    if (!areFloats(x, g, w)) return false;
    if (w.numel === 0) return true;
    if (g.numel === 0) return this.elementwise.map(ZERO, [], [w], []);
    return this.correlate(x, g, w, attrs);
  }

  // ---- forward -------------------------------------------------------------------------------------------------------

  private convolve(p: Product): boolean {
    const { machine, memory, threads } = this.engine;
    const [z, y, x] = p.axes;
    const height: Height = p.m === 1 ? "flat" : "tall";
    const width = height === "flat" ? 32 : tileColumns(machine);
    const planes = p.channels * z.taps.length;
    const k = planes * y.taps.length * x.taps.length;
    const inPlace = this.inPlace(p);
    const bytesOf = (flat: Flat): number => (inPlace ? 0 : flatBytes(flat, planes));
    const outBytes = (flat: Flat): number => 4 * p.m * multiple(flat.n, width);
    // As many rows at a time as stay in the cache.
    let band = y.out;
    let flat = flatten(y, x, band);
    const isTooMuch = (limit: number) => bytesOf(flat) + outBytes(flat) > limit;
    while (band > 1 && isTooMuch(CACHE_BYTES)) {
      band = Math.ceil(band / 2);
      flat = flatten(y, x, band);
    }
    if (isTooMuch(SCRATCH_BYTES - edgeBytes(machine))) return false;
    const perImage = Math.ceil(y.out / band);
    const fits = Math.floor(CACHE_BYTES / (bytesOf(flat) + outBytes(flat)));
    const together =
      perImage > 1 ? 1 : Math.max(1, Math.min(Math.floor(ENOUGH_COLUMNS / flat.n), p.images, fits));

    // Tables, then the packed weight.
    const planeTables = 4 * planes * z.out;
    const tables = multiple(planeTables + 8 * k, 16);
    const packed = p.groups * p.m * k * leftBytes(machine);
    memory.withScratch(tables + packed, (at) => {
      const tableAt = at + planeTables;
      const packedAt = at + tables;
      this.writePlanes(at, p);
      this.writeTerms(tableAt, tableAt + 4 * k, p, flat, inPlace);
      this.packWeight(p, height, k, tableAt + 4 * k, packedAt);
      const convolve = this.kernel(`convolve ${height}`, () =>
        convolveModule(machine, height, this.engine.shared),
      );
      const parameters = threads.parameters;
      const most = Threads.mostParts(PART_BYTES);
      const { int32 } = memory;
      let parts = 0;
      const flush = () => {
        threads.run(convolve, parts, PART_BYTES);
        parts = 0;
      };
      const xStep = p.x.spatial;
      const common = {
        planes,
        planeBytes: 4 * flat.phase * flat.phases,
        rowBytes: xStep[1],
        elementBytes: xStep[2],
        columns: flat.columns,
        before: flat.before,
        rowStep: y.step,
        columnStep: x.step,
        pitchBytes: inPlace ? xStep[1] : 4 * flat.pitch,
        phaseBytes: 4 * flat.phase,
        groups: p.groups,
        xImageBytes: p.x.image,
        xGroupBytes: p.x.channel * p.channels,
        flatBytes: bytesOf(flat),
        m: p.m,
        k,
        packed: packedAt,
        table: tableAt,
        yImageBytes: p.y.image,
        yGroupBytes: p.y.channel * p.m,
        yChannelBytes: p.y.channel,
        yRowBytes: p.y.spatial[1],
        yElementBytes: p.y.spatial[2],
        outColumns: x.out,
        bias: p.bias,
      };
      const pitch = common.pitchBytes / 4;
      for (let image = 0; image < p.images; image += together)
        for (let depth = 0; depth < z.out; depth++)
          for (let row = 0; row < y.out; row += band) {
            const rows = Math.min(band, y.out - row);
            const inside = rowsInside(y, flat, row);
            const firstRow = row * y.step + inside.first - flat.above;
            writeWords(int32, parameters + parts * PART_BYTES, CONVOLVE_WORDS, {
              ...common,
              planeTable: at + 4 * planes * depth,
              firstRow: inside.first,
              rows: inside.count,
              images: Math.min(together, p.images - image),
              x:
                p.x.address +
                image * p.x.image +
                (inPlace ? row * y.step : firstRow) * xStep[1] +
                (inPlace ? this.planeOffset(p, depth) : 0),
              n: (rows - 1) * pitch + x.out,
              y: p.y.address + image * p.y.image + depth * p.y.spatial[0] + row * p.y.spatial[1],
              outRows: rows,
            });
            if (++parts === most) flush();
          }
      if (parts > 0) flush();
    });
    return true;
  }

  /** Whether windows can be read where the input lies: nothing to pad, rows of neighbours, steps of one. */
  private inPlace({ axes, x }: Product): boolean {
    const [z, ...others] = axes;
    return (
      x.spatial[2] === 4 &&
      x.spatial[1] > 0 &&
      z.taps.length === 1 &&
      z.taps[0].offset === 0 &&
      (z.out - 1) * z.step < z.size &&
      others.every(
        (a) => a.step === 1 && a.taps.every((t) => t.offset >= 0 && a.out - 1 + t.offset < a.size),
      )
    );
  }
  private planeOffset({ axes: [z], x }: Product, depth: number): number {
    return depth * z.step * x.spatial[0];
  }

  /** For each depth of the result, each (channel, tap of depth): where its plane is, or −1 outside. */
  private writePlanes(
    address: number,
    { axes: [z], channels, x }: Pick<Product, "axes" | "channels" | "x">,
  ): void {
    const { int32 } = this.engine.memory;
    let at = address >> 2;
    for (let depth = 0; depth < z.out; depth++)
      for (let c = 0; c < channels; c++)
        for (const { offset } of z.taps) {
          const plane = depth * z.step + offset;
          int32[at++] = plane < 0 || plane >= z.size ? -1 : c * x.channel + plane * x.spatial[0];
        }
  }

  /** For each term: where its row of windows starts on the flat planes, and where its weight is. */
  private writeTerms(
    rowsAt: number,
    weightsAt: number,
    { axes: [z, y, x], channels, weight, x: input }: Terms,
    flat: Flat,
    inPlace: boolean,
  ): void {
    const { int32 } = this.engine.memory;
    let [row, term] = [rowsAt >> 2, weightsAt >> 2];
    const planeBytes = 4 * flat.phase * flat.phases;
    let plane = 0;
    for (let c = 0; c < channels; c++)
      for (const tapZ of z.taps) {
        let i = 0;
        for (const tapY of y.taps)
          for (const tapX of x.taps) {
            int32[row++] = inPlace
              ? c * input.channel + tapY.offset * input.spatial[1] + 4 * tapX.offset
              : plane * planeBytes + 4 * flat.offsets[i];
            int32[term++] =
              c * weight.channel +
              tapZ.index * weight.tap[0] +
              tapY.index * weight.tap[1] +
              tapX.index * weight.tap[2];
            i++;
          }
        plane++;
      }
  }

  private packWeight(p: Product, height: Height, k: number, table: number, target: number): void {
    const { engine } = this;
    const pack = this.kernel(`pack ${height}`, () =>
      packWeightModule(engine.machine, height, engine.shared),
    );
    writeWords(engine.memory.int32, engine.threads.parameters, PACK_WORDS, {
      groups: p.groups,
      m: p.m,
      k,
      source: p.weight.address,
      groupBytes: p.weight.group,
      rowBytes: p.weight.row,
      table,
      target,
    });
    engine.threads.run(pack, 1, PART_BYTES);
  }

  // ---- the weight's gradient -----------------------------------------------------------------------------------------

  private correlate(xView: View, gView: View, wView: View, attrs: ConvAttrs): boolean {
    const { memory, machine, threads, shared } = this.engine;
    const { groups } = attrs;
    const [z, y, x] = axesOf(attrs, gView.shape.slice(2)).map((a) =>
      forwardAxis(a.size, a.out, a.kernel, a.step, a.before, a.dilation),
    );
    const channels = wView.shape[1];
    const m = wView.shape[0] / groups;
    const flat = flatten(y, x, y.out);
    const planes = channels * z.taps.length;
    const n = planes * flat.offsets.length;
    const planeBytes = 4 * flat.phase * flat.phases;
    const xBytes = groups * flatBytes(flat, planes);
    // Of a large image some rows at a time.
    const band = Math.max(1, Math.min(y.out, Math.floor(SLICE_ELEMENTS / flat.pitch)));
    const bands = Math.ceil(y.out / band);
    const wide = positions(machine);
    const steps = Math.ceil(((band - 1) * flat.pitch + x.out) / (4 * wide));
    const panelBytes = 16 * wide * MOST_ROWS * steps;
    const together = bands > 1 ? 1 : Math.max(1, Math.floor(PANEL_BYTES / panelBytes));
    // Channels of the gradient in panels; where these are few, columns are divided too.
    const panels = groups * Math.ceil(m / MOST_ROWS);
    const most = Math.floor(
      (SCRATCH_BYTES - correlateScratch(wide, 0, steps, together)) / (16 * wide * MOST_ROWS),
    );
    const columns = Math.min(n, most, Math.max(32, Math.ceil(n / Math.ceil(8 / panels))));
    if (columns < 1) return false;
    // Every slice in depth counts as an image.
    const images = xView.shape[0] * z.out;
    const batch = Math.max(1, Math.min(images, Math.floor(FLAT_BYTES / xBytes)));
    const fromX = this.images(xView);
    const fromG = this.images(gView);
    const toW = this.images(wView);
    const flattenKernel = this.kernel("flatten", () => flattenModule(shared));
    const correlateKernel = this.kernel("correlate", () => correlateModule(machine, shared));
    const planeTables = 4 * planes * groups * z.out;
    const sliceBytes = 4 * SLICE_WORDS * batch * bands;
    const tables = multiple(planeTables + 4 * m + 8 * n + sliceBytes, 16);
    memory.withScratch(tables + batch * xBytes + 64, (at) => {
      const gradientTable = at + planeTables;
      const rowTable = gradientTable + 4 * m;
      const sliceTable = rowTable + 8 * n;
      const xAt = at + tables;
      const { int32 } = memory;
      for (let i = 0; i < m; i++) int32[(gradientTable >> 2) + i] = i * fromG.channel;
      this.writePlanes(at, { axes: [z, y, x], channels: channels * groups, x: fromX });
      const weight = { channel: toW.channel, tap: toW.spatial };
      const terms = { axes: [z, y, x], channels, weight, x: fromX };
      this.writeTerms(rowTable, rowTable + 4 * n, terms, flat, false);
      const inside = rowsInside(y, flat, 0);
      const parameters = threads.parameters;
      const room = Threads.mostParts(PART_BYTES);
      for (let first = 0; first < images; first += batch) {
        const count = Math.min(batch, images - first);
        const place = (i: number): [number, number] => [
          Math.floor((first + i) / z.out),
          (first + i) % z.out,
        ];
        this.inParts(flattenKernel, count, room, (i, address) => {
          const [image, depth] = place(i);
          writeWords(int32, address, FLATTEN_WORDS, {
            planes: planes * groups,
            planeTable: at + 4 * planes * groups * depth,
            planeBytes,
            firstRow: inside.first,
            rows: inside.count,
            rowBytes: fromX.spatial[1],
            elementBytes: fromX.spatial[2],
            columns: flat.columns,
            before: flat.before,
            rowStep: y.step,
            columnStep: x.step,
            pitchBytes: 4 * flat.pitch,
            phaseBytes: 4 * flat.phase,
            source:
              fromX.address + image * fromX.image + (inside.first - flat.above) * fromX.spatial[1],
            target: xAt + i * xBytes,
            bytes: xBytes,
          });
        });
        let word = sliceTable >> 2;
        for (let i = 0; i < count; i++) {
          const [image, depth] = place(i);
          for (let row = 0; row < y.out; row += band) {
            int32[word++] =
              fromG.address +
              image * fromG.image +
              depth * fromG.spatial[0] +
              row * fromG.spatial[1];
            int32[word++] = xAt + i * xBytes + 4 * row * flat.pitch;
            int32[word++] = Math.min(band, y.out - row);
          }
        }
        let parts = 0;
        const flush = () => {
          if (parts > 0) threads.run(correlateKernel, parts, PART_BYTES);
          parts = 0;
        };
        for (let group = 0; group < groups; group++)
          for (let row = 0; row < m; row += MOST_ROWS)
            for (let column = 0; column < n; column += columns) {
              const channel = group * m + row;
              writeWords(int32, parameters + parts * PART_BYTES, CORRELATE_WORDS, {
                planes: Math.min(MOST_ROWS, m - row),
                // Distances from the first channel of the group; the table starts with its own.
                planeTable: gradientTable,
                planeBytes: 16 * wide * steps,
                firstRow: 0,
                rows: band,
                rowBytes: fromG.spatial[1],
                elementBytes: fromG.spatial[2],
                columns: x.out,
                before: 0,
                rowStep: 1,
                columnStep: 1,
                pitchBytes: 4 * flat.pitch,
                phaseBytes: 0,
                n: Math.min(columns, n - column),
                table: rowTable + 4 * column,
                slices: sliceTable,
                count: count * bands,
                gBytes: channel * fromG.channel,
                xGroupBytes: group * planes * planeBytes,
                together,
                xBytes,
                steps,
                sliceRows: band,
                w: toW.address + channel * toW.image,
                wRowBytes: toW.image,
                wTable: rowTable + 4 * n + 4 * column,
                accumulate: first > 0 ? 1 : 0,
              });
              if (++parts === room) flush();
            }
        flush();
      }
    });
    return true;
  }

  /** Parts 0 … count − 1 of a kernel, as many at a time as there is room for words. */
  private inParts(
    kernel: Kernel,
    count: number,
    most: number,
    write: (part: number, address: number) => void,
  ): void {
    const { threads } = this.engine;
    for (let first = 0; first < count; first += most) {
      const parts = Math.min(most, count - first);
      for (let i = 0; i < parts; i++) write(first + i, threads.parameters + i * PART_BYTES);
      threads.run(kernel, parts, PART_BYTES);
    }
  }

  // ---- operands ------------------------------------------------------------------------------------------------------

  private images(view: View): Images {
    const [image, channel, ...spatial] = view.strides.map((s) => 4 * s);
    return {
      address: this.engine.memory.address(view.buffer) + 4 * view.offset,
      image,
      channel,
      spatial: three(spatial, 0),
    };
  }
  private compact(view: View): number {
    return this.engine.memory.address(view.buffer) + 4 * view.offset;
  }
  private kernel(name: string, module: () => Uint8Array<ArrayBuffer>): Kernel {
    let kernel = this.kernels.get(name);
    if (!kernel) {
      kernel = this.engine.threads.compile(module());
      this.kernels.set(name, kernel);
    }
    return kernel;
  }
}

function areFloats(...views: readonly View[]): boolean {
  return views.every((v) => v.dtype === "float32");
}

/** Of the planes of one image, with zeros behind the last one as far as windows reach. */
const flatBytes = (flat: Flat, planes: number): number =>
  multiple(4 * (planes * flat.phases * flat.phase + flat.tail + 4), 16);

function axesOf(
  { stride, before, dilation, inputSize, kernelSize }: ConvAttrs,
  output: readonly number[],
) {
  const [sizes, outs, kernels] = [three(inputSize, 1), three(output, 1), three(kernelSize, 1)];
  const [steps, befores, dilations] = [three(stride, 1), three(before, 0), three(dilation, 1)];
  return sizes.map((size, d) => ({
    size,
    out: outs[d],
    kernel: kernels[d],
    step: steps[d],
    before: befores[d],
    dilation: dilations[d],
  }));
}

export const convolutionKernels: Family = ({ engine, elementwise }) => {
  const convolution = new Convolution(engine, elementwise);
  return [
    ["convolution", (x, y, attrs) => convolution.forward(x, y, attrs)],
    ["convolutionInputGradient", (x, y, attrs) => convolution.inputGradient(x, y, attrs)],
    ["convolutionWeightGradient", (x, y, attrs) => convolution.weightGradient(x, y, attrs)],
  ];
};

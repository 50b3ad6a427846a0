/**
 * Pooling of images, plane by plane and row by row of the result, four windows to a vector. A row of averages collects one
 * tap of all its windows after another, for those columns where the tap lies inside the image.
 */
import type { PoolAttrs, View } from "@dl/tensor/core";
import { type Kernel, Threads } from "../threads/threads.ts";
import { F32, Fn, I32, moduleBytes, V128 } from "./assembler.ts";
import type { Engine } from "./engine.ts";
import type { Family } from "./family.ts";
import { readWords, type Words, writeWords } from "./parameters.ts";

/** One part: some planes. Addresses and distances in bytes. */
const WORDS = [
  "planes",
  "image",
  "planeBytes",
  "rowBytes",
  "elementBytes",
  "height",
  "width",
  "outHeight",
  "outWidth",
  "strideY",
  "strideX",
  "paddingY",
  "paddingX",
  "dilationY",
  "dilationX",
  "kernelY",
  /** For each column of the window, its distance from the window's start, and from which to which window it is inside. */
  "taps",
  "tapsEnd",
  /** The pooled planes; of maxima, where in their plane they are. */
  "pooled",
  "indices",
  /** Divisors: one per row, one per column. */
  "rowCounts",
  "columnCounts",
] as const;
type Locals = Words<(typeof WORDS)[number]>;
const PART_BYTES = 96;
const TAP_WORDS = 3;

/** All taps of one row of windows. `visit` gets locals: address and position of the first element, address of the first window, how many. */
function eachTap(
  f: Fn,
  w: Locals,
  row: { oy: number; image: number; pooled: number },
  visit: (source: number, position: number, target: number, count: number) => unknown,
): void {
  const [ky, y, tap, source, position, target, count, first] = Array.from({ length: 8 }, () =>
    f.local(),
  );
  f.i32(0).set(ky);
  f.while(
    () => f.get(ky).get(w.kernelY).op("i32.lt_s"),
    () => {
      f.get(row.oy).get(w.strideY).op("i32.mul");
      f.get(ky).get(w.dilationY).op("i32.mul").op("i32.add").get(w.paddingY).op("i32.sub").set(y);
      f.get(y).i32(0).op("i32.ge_s").get(y).get(w.height).op("i32.lt_s").op("i32.and");
      f.if(() => {
        f.get(w.taps).set(tap);
        f.while(
          () => f.get(tap).get(w.tapsEnd).op("i32.lt_s"),
          () => {
            f.get(tap).loadI32(4).set(first);
            f.get(tap).loadI32(8).get(first).op("i32.sub").tee(count);
            f.i32(0)
              .op("i32.gt_s")
              .if(() => {
                // Column of the first window's element.
                f.get(first).get(w.strideX).op("i32.mul").get(tap).loadI32().op("i32.add");
                f.set(position);
                f.get(position).get(w.elementBytes).op("i32.mul");
                f.at(row.image, y, w.rowBytes).op("i32.add").set(source);
                f.get(y).get(w.width).op("i32.mul").get(position).op("i32.add").set(position);
                f.get(first).i32(2).op("i32.shl").get(row.pooled).op("i32.add").set(target);
                visit(source, position, target, count);
              });
            f.bump(tap, 4 * TAP_WORDS);
          },
        );
      });
      f.bump(ky, 1);
    },
  );
}

/** Every row of every plane; `body` gets locals: the row's number, its plane of the image, its address in the pooled planes. */
function eachRow(
  f: Fn,
  w: Locals,
  body: (row: { oy: number; image: number; pooled: number }) => unknown,
): void {
  const oy = f.local();
  f.countdown(w.planes, 1, () => {
    f.i32(0).set(oy);
    f.while(
      () => f.get(oy).get(w.outHeight).op("i32.lt_s"),
      () => {
        body({ oy, image: w.image, pooled: w.pooled });
        f.get(w.outWidth).i32(2).op("i32.shl").get(w.pooled).op("i32.add").set(w.pooled);
        f.bump(oy, 1);
      },
    );
    f.bumpBy(w.image, w.planeBytes);
  });
}

/** Loads of four elements that lie one window's step apart, for each kind of step; then of one element. */
function strided(
  f: Fn,
  step: number,
  source: number,
  count: number,
  body: (load: () => unknown, lanes: 1 | 4) => unknown,
): void {
  const vector = f.local(V128);
  const advance = (n: number) =>
    f.get(step).i32(n).op("i32.mul").get(source).op("i32.add").set(source);
  const loop = (load: () => unknown) =>
    f.countdown(count, 4, () => {
      body(load, 4);
      advance(4);
    });
  const is = (bytes: number) => f.get(step).i32(bytes).op("i32.eq");
  is(4).if(
    () => loop(() => f.get(source).loadV()),
    () =>
      is(8).if(
        () =>
          loop(() =>
            f.get(source).loadV().get(source).i32(12).op("i32.add").loadV().shuffle([0, 2, 5, 7]),
          ),
        () =>
          loop(() => {
            const p = f.local();
            f.get(source).tee(p).loadZero().set(vector);
            for (let l = 1; l < 4; l++)
              f.bumpBy(p, step).get(p).get(vector).loadLane(l).set(vector);
            f.get(vector);
          }),
      ),
  );
  f.countdown(count, 1, () => {
    body(() => f.get(source).loadZero(), 1);
    advance(1);
  });
}

/** Fills a row, of `width` elements of 32 bits, with the vector of which `push` pushes one. */
function fillRow(f: Fn, address: number, width: number, push: () => unknown): void {
  const [p, left] = [f.local(), f.local()];
  f.get(address).set(p).get(width).set(left);
  f.countdown(left, 4, () => {
    f.get(p);
    push();
    f.storeV().bump(p, 16);
  });
  f.countdown(left, 1, () => {
    f.get(p);
    push();
    f.storeLane(0).bump(p, 4);
  });
}

/** Up to so many elements, a window of maxima is unrolled. */
const UNROLLED = 16;

/**
 * Maxima and where they are: the first of equal ones, a NaN before any number. Four windows at a time where these lie
 * inside the image, the last four overlapping those before; one by one at its edges, and where they are large.
 */
function maxModule(shared: boolean, [sizeY, sizeX]: readonly number[]): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const w = readWords(f, WORDS);
  const unrolls = sizeY * sizeX <= UNROLLED;
  const [step, oy, ox, y, x, first, last, at, place] = Array.from({ length: 9 }, () => f.local());
  const times = (a: number, b: number) => f.get(a).get(b).op("i32.mul");
  times(w.strideX, w.elementBytes).set(step);

  // Columns whose windows are inside: those in which the first and the last tap are.
  const firstTap = () => f.get(w.taps);
  const lastTap = () =>
    f
      .get(w.tapsEnd)
      .i32(4 * TAP_WORDS)
      .op("i32.sub");
  const [from, to] = [f.local(), f.local()];
  firstTap().loadI32(4).set(from);
  lastTap().loadI32(8).set(to);

  /** The window at (oy, ox), element by element. */
  const single = () => {
    const [ky, kx, row, column, best, found, value] = [
      ...Array.from({ length: 4 }, () => f.local()),
      f.local(F32),
      f.local(),
      f.local(F32),
    ];
    f.bytes(0x43, 0, 0, 0x80, 0xff).set(best).i32(-1).set(found).i32(0).set(ky);
    f.while(
      () => f.get(ky).get(w.kernelY).op("i32.lt_s"),
      () => {
        f.get(y);
        times(ky, w.dilationY).op("i32.add").set(row).get(w.taps).set(kx);
        f.while(
          () => f.get(kx).get(w.tapsEnd).op("i32.lt_s"),
          () => {
            f.get(kx).loadI32();
            times(ox, w.strideX).op("i32.add").set(column);
            f.get(row).get(w.height).op("i32.lt_u").get(column).get(w.width).op("i32.lt_u");
            f.op("i32.and").if(() => {
              times(row, w.rowBytes);
              times(column, w.elementBytes).op("i32.add").get(w.image).op("i32.add").loadF32();
              f.set(value);
              // Not less or equal, beside a number; or the first.
              f.get(value).get(best).op("f32.le").op("i32.eqz");
              f.get(best).get(best).op("f32.eq").op("i32.and");
              f.get(found).i32(-1).op("i32.eq").op("i32.or");
              f.if(() => {
                f.get(value).set(best);
                times(row, w.width).get(column).op("i32.add").set(found);
              });
            });
            f.bump(kx, 4 * TAP_WORDS);
          },
        );
        f.bump(ky, 1);
      },
    );
    const here = (base: number) => f.get(ox).i32(2).op("i32.shl").get(base).op("i32.add");
    here(w.pooled).get(best).storeF32();
    // A window of padding alone is said to be at position 0.
    here(w.indices).get(found).i32(0).get(found).i32(0).op("i32.ge_s").op("select").storeI32();
  };

  // Distances of the window's elements from its first, as places in the plane.
  const distances = !unrolls
    ? []
    : Array.from({ length: sizeY * sizeX }, (_, t) => {
        const local = f.local(V128);
        f.i32(Math.floor(t / sizeX))
          .get(w.dilationY)
          .op("i32.mul")
          .get(w.width)
          .op("i32.mul");
        f.i32(t % sizeX)
          .get(w.dilationX)
          .op("i32.mul")
          .op("i32.add")
          .v("i32x4.splat")
          .set(local);
        return local;
      });
  const [value, best, takes, found] = Array.from({ length: 4 }, () => f.local(V128));
  /** Four windows from ox on. */
  const vector = (load: (pointer: number) => unknown) => {
    const [row, pointer] = [f.local(), f.local()];
    const column = f.local();
    const tapBytes = f.local();
    times(w.dilationX, w.elementBytes).set(tapBytes);
    times(ox, w.strideX).get(x).op("i32.add").set(column);
    times(y, w.rowBytes);
    times(column, w.elementBytes).op("i32.add").get(w.image).op("i32.add").set(row);
    for (let ky = 0; ky < sizeY; ky++) {
      f.get(row).set(pointer);
      for (let kx = 0; kx < sizeX; kx++) {
        load(pointer);
        const t = ky * sizeX + kx;
        if (t === 0) f.set(best).get(distances[0]).set(found);
        else {
          f.set(value);
          f.get(value).get(best).v("f32x4.le").v("v128.not").get(best).get(best).v("f32x4.eq");
          f.v("v128.and").set(takes);
          f.get(value).get(best).get(takes).v("v128.bitselect").set(best);
          f.get(distances[t]).get(found).get(takes).v("v128.bitselect").set(found);
        }
        if (kx < sizeX - 1) f.bumpBy(pointer, tapBytes);
      }
      if (ky < sizeY - 1) times(w.dilationY, w.rowBytes).get(row).op("i32.add").set(row);
    }
    const here = (base: number) => f.get(ox).i32(2).op("i32.shl").get(base).op("i32.add");
    here(w.pooled).get(best).storeV();
    times(y, w.width).get(column).op("i32.add").set(place);
    here(w.indices).get(found).get(place).v("i32x4.splat").laneNumbers();
    f.get(w.strideX).v("i32x4.splat").v("i32x4.mul").v("i32x4.add").v("i32x4.add").storeV();
  };
  const eachSingle = () =>
    f.while(
      () => f.get(ox).get(last).op("i32.lt_s"),
      () => {
        single();
        f.bump(ox, 1);
      },
    );
  const eachVector = (load: (pointer: number) => unknown) =>
    f.while(
      () => f.get(ox).get(last).op("i32.lt_s"),
      () => {
        // The last four may overlap those before.
        f.get(ox).get(at).get(ox).get(at).op("i32.lt_s").op("select").set(ox);
        vector(load);
        f.bump(ox, 4);
      },
    );
  f.countdown(w.planes, 1, () => {
    f.i32(0).set(oy);
    f.while(
      () => f.get(oy).get(w.outHeight).op("i32.lt_s"),
      () => {
        times(oy, w.strideY).get(w.paddingY).op("i32.sub").set(y);
        f.i32(0).get(w.paddingX).op("i32.sub").set(x);
        f.i32(0).set(ox);
        if (unrolls) {
          // Rows whose windows are inside, and wide enough for a vector.
          f.get(y)
            .i32(0)
            .op("i32.ge_s")
            .get(y)
            .i32(sizeY - 1)
            .get(w.dilationY)
            .op("i32.mul");
          f.op("i32.add").get(w.height).op("i32.lt_s").op("i32.and");
          f.get(to).get(from).op("i32.sub").i32(4).op("i32.ge_s").op("i32.and");
          f.if(() => {
            f.get(from).set(last);
            eachSingle();
            f.get(to).set(last).get(to).i32(4).op("i32.sub").set(at);
            f.get(step).i32(4).op("i32.eq");
            f.if(
              () => eachVector((p) => f.get(p).loadV()),
              () =>
                f
                  .get(step)
                  .i32(8)
                  .op("i32.eq")
                  .if(
                    () =>
                      eachVector((p) => f.get(p).loadV().get(p).loadV(12).shuffle([0, 2, 5, 7])),
                    () =>
                      eachVector((p) => {
                        f.get(p).set(first).get(p).loadZero().set(value);
                        for (let l = 1; l < 4; l++) {
                          f.bumpBy(first, step).get(first).get(value).loadLane(l).set(value);
                        }
                        f.get(value);
                      }),
                  ),
            );
            f.get(to).set(ox);
          });
        }
        f.get(w.outWidth).set(last);
        eachSingle();
        for (const base of [w.pooled, w.indices])
          f.get(w.outWidth).i32(2).op("i32.shl").get(base).op("i32.add").set(base);
        f.bump(oy, 1);
      },
    );
    f.bumpBy(w.image, w.planeBytes);
  });
  return moduleBytes([{ name: "run", fn: f }], shared);
}

/** What flows back to maxima: into planes side by side, which are zero beforehand. */
function maxGradientModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const w = readWords(f, WORDS);
  const [left, at] = [f.local(), f.local()];
  f.countdown(w.planes, 1, () => {
    f.get(w.image).i32(0).get(w.planeBytes).fillMemory();
    f.get(w.outHeight).get(w.outWidth).op("i32.mul").set(left);
    f.countdown(left, 1, () => {
      f.get(w.indices).loadI32().i32(2).op("i32.shl").get(w.image).op("i32.add").tee(at);
      f.get(at).loadF32().get(w.pooled).loadF32().op("f32.add").storeF32();
      f.bump(w.indices, 4).bump(w.pooled, 4);
    });
    f.bumpBy(w.image, w.planeBytes);
  });
  return moduleBytes([{ name: "run", fn: f }], shared);
}

/** Sums of windows over how many elements they count. */
function averageModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const w = readWords(f, WORDS);
  const [step, p, divisor, left] = Array.from({ length: 4 }, () => f.local());
  const height = f.local(V128);
  f.get(w.strideX).get(w.elementBytes).op("i32.mul").set(step);
  eachRow(f, w, (row) => {
    fillRow(f, row.pooled, w.outWidth, () => f.constantV(0));
    eachTap(f, w, row, (source, _, target, count) =>
      strided(f, step, source, count, (load, lanes) => {
        f.get(target).get(target);
        if (lanes === 4) f.loadV();
        else f.loadZero();
        load();
        f.v("f32x4.add");
        if (lanes === 4) f.storeV();
        else f.storeLane(0);
        f.bump(target, 4 * lanes);
      }),
    );
    f.get(row.oy).i32(2).op("i32.shl").get(w.rowCounts).op("i32.add").loadSplat().set(height);
    f.get(row.pooled).set(p).get(w.columnCounts).set(divisor).get(w.outWidth).set(left);
    const divide = (lanes: 1 | 4) => () => {
      const load = () => (lanes === 4 ? f.loadV() : f.loadZero());
      f.get(p).get(p);
      load();
      f.get(divisor);
      load();
      f.get(height).v("f32x4.mul").v("f32x4.div");
      if (lanes === 4) f.storeV();
      else f.storeLane(0);
      f.bump(p, 4 * lanes).bump(divisor, 4 * lanes);
    };
    f.countdown(left, 4, divide(4));
    f.countdown(left, 1, divide(1));
  });
  return moduleBytes([{ name: "run", fn: f }], shared);
}

/** What flows back to the elements of averaged windows: into planes side by side. */
function averageGradientModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const scratch = 1;
  const w = readWords(f, WORDS);
  const [p, divisor, left, to, plane] = Array.from({ length: 5 }, () => f.local());
  const [step, first] = [f.local(), f.local()];
  const height = f.local(V128);
  f.get(w.strideX).i32(2).op("i32.shl").set(step);
  f.i32(-1).set(plane);
  eachRow(f, w, (row) => {
    f.get(plane).get(row.image).op("i32.eq").op("i32.eqz");
    f.if(() => f.get(row.image).tee(plane).i32(0).get(w.planeBytes).fillMemory());
    // The row's shares, once for all taps.
    f.get(row.oy).i32(2).op("i32.shl").get(w.rowCounts).op("i32.add").loadSplat().set(height);
    f.get(row.pooled).set(p).get(w.columnCounts).set(divisor).get(scratch).set(to);
    f.get(w.outWidth).set(left);
    f.countdown(left, 1, () => {
      f.get(to).get(p).loadZero().get(divisor).loadZero().get(height);
      f.v("f32x4.mul").v("f32x4.div").storeLane(0);
      f.bump(p, 4).bump(divisor, 4).bump(to, 4);
    });
    eachTap(f, w, row, (source, _, target, count) => {
      f.get(target).get(row.pooled).op("i32.sub").get(scratch).op("i32.add").set(first);
      const add = (lanes: 1 | 4) => () => {
        f.get(source).get(source);
        if (lanes === 4) f.loadV().get(first).loadV().v("f32x4.add").storeV();
        else f.loadF32().get(first).loadF32().op("f32.add").storeF32();
        f.get(step).i32(lanes).op("i32.mul").get(source).op("i32.add").set(source);
        f.bump(first, 4 * lanes);
      };
      f.get(step)
        .i32(4)
        .op("i32.eq")
        .if(() => f.countdown(count, 4, add(4)));
      f.countdown(count, 1, add(1));
    });
  });
  return moduleBytes([{ name: "run", fn: f }], shared);
}

class Pool {
  private readonly engine: Engine;
  private readonly kernels = new Map<string, Kernel>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  max([x]: readonly View[], [values, indices]: readonly View[], attrs: PoolAttrs): boolean {
    return this.run("max", maxModule, x, values, indices, attrs);
  }
  average([x]: readonly View[], [y]: readonly View[], attrs: PoolAttrs): boolean {
    return this.run("average", averageModule, x, y, null, attrs);
  }
  maxGradient([g, indices]: readonly View[], [x]: readonly View[], attrs: PoolAttrs): boolean {
    if (!g.contiguous || !indices.contiguous || !x.contiguous) return false;
    return this.run("maxGradient", maxGradientModule, x, g, indices, attrs);
  }
  averageGradient([g]: readonly View[], [x]: readonly View[], attrs: PoolAttrs): boolean {
    if (!g.contiguous || !x.contiguous) return false;
    return this.run("averageGradient", averageGradientModule, x, g, null, attrs);
  }

  /** A kernel between images of any strides and pooled planes side by side. */
  private run(
    name: string,
    module: (shared: boolean, size: readonly number[]) => Uint8Array<ArrayBuffer>,
    images: View,
    pooled: View,
    indices: View | null,
    attrs: PoolAttrs,
  ): boolean {
    if (images.dtype !== "float32" || pooled.dtype !== "float32") return false;
    if (pooled.numel === 0) return images.numel === 0;
    const { memory, threads, shared } = this.engine;
    const { size, stride, padding, dilation, inputSize, out, counts } = attrs;
    const key = name === "max" ? `max ${size}` : name;
    let kernel = this.kernels.get(key);
    if (!kernel) {
      kernel = threads.compile(module(shared, size));
      this.kernels.set(key, kernel);
    }
    const [image, channel, row, element] = images.strides.map((s) => 4 * s);
    const [n, channels] = images.shape;
    const address = (v: View | null) => (v ? memory.address(v.buffer) + 4 * v.offset : 0);
    const [from, to, places] = [address(images), address(pooled), address(indices)];
    const taps = TAP_WORDS * size[1];
    memory.withScratch(4 * (taps + out[0] + out[1]), (at) => {
      const { int32, float32 } = memory;
      for (let k = 0; k < size[1]; k++) {
        const distance = k * dilation[1] - padding[1];
        const word = (at >> 2) + TAP_WORDS * k;
        int32[word] = distance;
        int32[word + 1] = Math.max(0, Math.ceil(-distance / stride[1]));
        int32[word + 2] = Math.min(
          out[1],
          Math.floor((inputSize[1] - 1 - distance) / stride[1]) + 1,
        );
      }
      const rowCounts = at + 4 * taps;
      const columnCounts = rowCounts + 4 * out[0];
      if (counts) {
        float32.set(counts[0], rowCounts >> 2);
        float32.set(counts[1], columnCounts >> 2);
      }
      // Whole images, or parts of few.
      const planes = n >= 8 ? channels : Math.ceil(channels / Math.ceil(8 / n));
      const most = Threads.mostParts(PART_BYTES);
      const outPlane = 4 * out[0] * out[1];
      let parts = 0;
      for (let i = 0; i < n; i++)
        for (let c = 0; c < channels; c += planes) {
          const plane = i * channels + c;
          writeWords(int32, threads.parameters + parts * PART_BYTES, WORDS, {
            planes: Math.min(planes, channels - c),
            image: from + i * image + c * channel,
            planeBytes: channel,
            rowBytes: row,
            elementBytes: element,
            height: inputSize[0],
            width: inputSize[1],
            outHeight: out[0],
            outWidth: out[1],
            strideY: stride[0],
            strideX: stride[1],
            paddingY: padding[0],
            paddingX: padding[1],
            dilationY: dilation[0],
            dilationX: dilation[1],
            kernelY: size[0],
            taps: at,
            tapsEnd: at + 4 * taps,
            pooled: to + plane * outPlane,
            indices: places + plane * outPlane,
            rowCounts,
            columnCounts,
          });
          if (++parts === most || (i === n - 1 && c + planes >= channels)) {
            threads.run(kernel, parts, PART_BYTES);
            parts = 0;
          }
        }
    });
    return true;
  }
}

export const poolKernels: Family = ({ engine }) => {
  const pool = new Pool(engine);
  return [
    ["maxPool2d", (x, y, attrs) => pool.max(x, y, attrs)],
    ["maxPool2dInputGradient", (x, y, attrs) => pool.maxGradient(x, y, attrs)],
    ["avgPool2d", (x, y, attrs) => pool.average(x, y, attrs)],
    ["avgPool2dInputGradient", (x, y, attrs) => pool.averageGradient(x, y, attrs)],
  ];
};

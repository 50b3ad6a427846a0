import { moduleBytes } from "./assembler.ts";
import { type KernelShape, Lowering, type Target } from "./lowering.ts";

/** Loops 0, 1 and, innermost, 2. */
export function mapKernel(shape: KernelShape, target: Target): Uint8Array<ArrayBuffer> {
  const k = new Lowering(shape, target, 2);
  const { f } = k;
  const [outer, middle, inner] = [k.pointerSet(), k.pointerSet(), k.pointerSet()];
  const [i, j, n] = [f.local(), f.local(), f.local()];
  k.pointers = inner;
  const step = (vectors: number, lane: boolean) => {
    k.run(k.body, vectors, lane);
    shape.program.exprs.forEach((_, o) => {
      for (let u = 0; u < vectors; u++) k.store(o, u, lane);
    });
    k.advance(inner, lane ? 1 : 4 * vectors);
    k.forget();
  };
  k.loadPointers(outer);
  k.loadSize(0, i);
  f.countdown(i, 1, () => {
    k.copy(outer, middle);
    k.loadSize(1, j);
    f.countdown(j, 1, () => {
      k.copy(middle, inner);
      k.run(k.rowNodes);
      k.loadSize(2, n);
      if (k.unroll > 1) f.countdown(n, 4 * k.unroll, () => step(k.unroll, false));
      f.countdown(n, 4, () => step(1, false));
      f.countdown(n, 1, () => step(1, true));
      k.stride(middle, 1);
    });
    k.stride(outer, 0);
  });
  return moduleBytes([{ name: "run", fn: f }, ...k.helpers], target.shared);
}

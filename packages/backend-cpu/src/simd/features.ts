/** What this JavaScript engine can do, asked by validating the smallest module that needs it. */
import { Fn, moduleBytes } from "./assembler.ts";

function validates(write: (f: Fn) => unknown): boolean {
  if (typeof WebAssembly !== "object") return false;
  const f = new Fn([]);
  write(f);
  return WebAssembly.validate(moduleBytes([{ name: "f", fn: f }], false));
}

/** 128-bit vectors: Node 16, Chrome 91, Firefox 89, Safari 16.4. */
export const hasSimd = (): boolean =>
  validates((f) => f.constantV(1).constantV(2).v("i32x4.add").op("drop"));

/** Fused multiply-add of vectors: Node 22, Chrome 114, Firefox 145. */
export const hasRelaxedSimd = (): boolean =>
  validates((f) => f.constantV(1).constantV(2).constantV(3).v("f32x4.relaxed_madd").op("drop"));

/** Memory that threads can share: Node, and pages that are cross-origin isolated. */
export const hasSharedMemory = (): boolean => typeof SharedArrayBuffer === "function";

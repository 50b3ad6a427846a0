/**
 * What this JavaScript engine can do, asked by validating the smallest module that needs it.
 */
import { FunctionBuilder } from "./wasm/function.ts";
import { moduleBytes } from "./wasm/module.ts";

function validates(write: (f: FunctionBuilder) => void): boolean {
  if (typeof WebAssembly !== "object") return false;
  const f = new FunctionBuilder([]);
  write(f);
  return WebAssembly.validate(moduleBytes({ functions: [{ name: "f", body: f }] }));
}

let simd: boolean | undefined;
let relaxedSimd: boolean | undefined;

/** 128-bit vectors: Node 16, Chrome 91, Firefox 89, Safari 16.4. */
export function hasSimd(): boolean {
  simd ??= validates((f) => f.drop(f.i32x4.add(f.v128.bits(1), f.v128.bits(2))));
  return simd;
}

/** Fused multiply-add (relaxed, so it may also round twice): Node 22, Chrome 114, Firefox 145. */
export function hasRelaxedSimd(): boolean {
  relaxedSimd ??= validates((f) => {
    f.drop(f.f32x4.relaxed_madd(f.v128.bits(1), f.v128.bits(2), f.v128.bits(3)));
  });
  return relaxedSimd;
}

/** Memory that threads can share: Node, and pages that are cross-origin isolated. */
export const hasSharedMemory = (): boolean => typeof SharedArrayBuffer === "function";

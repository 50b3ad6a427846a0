import type { CompositeKernel } from "@dl/tensor";
import type { ConstantPool } from "./constants.ts";
import type { Elementwise } from "./elementwise.ts";
import type { Engine } from "./engine.ts";

/** What kernels for composite ops may use. */
export interface Parts {
  readonly engine: Engine;
  readonly elementwise: Elementwise;
  readonly constants: ConstantPool;
}

/** Kernels for some composite ops, under the ops' names. A program that leaves a family out decomposes these ops. */
export type Family = (parts: Parts) => readonly (readonly [op: string, kernel: CompositeKernel])[];

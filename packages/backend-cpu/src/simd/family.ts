import type { CompositeKernel } from "@dl/tensor/core";
import type { ConstantPool } from "./constants.ts";
import type { Elementwise } from "./elementwise.ts";
import type { Engine } from "./engine.ts";
import type { Functions } from "./lowering.ts";

/** What kernels for composite ops may use. */
export interface Parts {
  readonly engine: Engine;
  readonly elementwise: Elementwise;
  readonly constants: ConstantPool;
}

/** Kernels for some composite ops, under the ops' names. A program that leaves a family out decomposes these ops. */
export type Family = (parts: Parts) => readonly (readonly [op: string, kernel: CompositeKernel])[];

/** What a backend is made of, beside what every one has. */
export interface Kernels {
  readonly families: readonly Family[];
  readonly functions: Functions;
  /** The trial of V8's joining of vectors; without one there is no such option. */
  readonly revectorizes?: (hasMadd: boolean) => boolean;
}

/** What the main process and a peer's process say to each other: one JSON object a line. */
import type { Workload } from "../workloads/spec.ts";

export interface Request {
  readonly workload: Workload;
  /** How long to warm up, the first time, and to measure. */
  readonly warmUp: number;
  readonly millis: number;
  /** A run may take this long, in milliseconds, or the peer is left out of the workload. */
  readonly limit: number;
}

/** Work that a GPU is given by one run. */
export interface Counts {
  readonly dispatches: number;
  readonly submits: number;
}

export type Reply =
  /** First, when the peer is ready. */
  | { readonly ready: { readonly version: string } }
  | { readonly ms: number; readonly checksum?: number; readonly counts?: Counts }
  /** The peer has no such thing, and why. */
  | { readonly cannot: string }
  | { readonly error: string };

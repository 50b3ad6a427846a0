/** Kernels: WGSL text, compiled once, and how its memory is bound. */
/** How a binding is used: read, written, or written a byte at a time (as atomic words). */
export type Access = "r" | "w" | "a";

/** What a shader is made of. Words of parameters are `P[0].x`, `P[0].y` …; bindings `b0`, `b1` … are arrays of u32. */
export interface Source {
  /** For messages, and for tools that show a GPU's work. */
  readonly name: string;
  readonly access: readonly Access[];
  readonly workgroup: number;
  /** Statements of `main`, which knows `group` (of the dispatch), `lane` (in the workgroup) and `grid` (workgroups along x). */
  readonly body: string;
  /** Declarations outside of `main`. */
  readonly globals?: string;
  /** Bindings that are arrays of vec4<u32>. Default: none. */
  readonly isVector?: readonly boolean[];
  /** `main` also knows `subgroup` (in the workgroup) and `subgroups`, private variables. */
  readonly usesSubgroups?: boolean;
}

export interface Kernel {
  readonly name: string;
  readonly layout: Layout;
  /** Null while it is being compiled beside what happens, and if that failed. */
  pipeline: GPUComputePipeline | null;
}

/** Shared by all kernels whose bindings are used alike. */
export interface Layout {
  readonly key: string;
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** Words of parameters that a kernel can have. */
export const PARAMETER_WORDS = 1024;

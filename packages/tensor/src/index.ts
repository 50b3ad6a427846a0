export { bytesPerElement, type ComputeType, computeType, type DType, DTYPES, dtypeCategory, dtypeOfArray, isFloating, promoteTypes, type TypedArray, toFloating, typedArrayFor } from "./dtype.ts";
export * as expr from "./expr.ts";
export type { BinaryOp, CompareOp, Expr, ExprLike, ExprOp, LeafOp, MaskOp, UnaryOp } from "./expr.ts";
export { IDENTITY, type Program, program } from "./program.ts";
export type { Backend, BackendMemory, Buffer, CompositeKernel, RandomKey, ReduceOp, ScanOp, ScatterMode, View } from "./backend.ts";

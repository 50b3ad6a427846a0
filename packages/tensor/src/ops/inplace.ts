/**
 * Writing into an existing tensor. Where gradients are recorded, the tensor takes over the history of what was written,
 * and so does, in part, the tensor that it is a view of; a leaf that requires a gradient cannot be written to then.
 */
import { assign } from "../define.ts";
import { canCast } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { IDENTITY } from "../program.ts";
import { sameShape } from "../shape.ts";
import { state } from "../state.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { fillView } from "./fill.ts";
import { expand } from "./views.ts";

/** Ops that write one number wherever they write, and so to expanded tensors too, as in PyTorch. */
const MAY_REPEAT = new Set([
  "fill_",
  "maskedFill_",
  "indexFill_",
  "tril_",
  "triu_",
  "fillDiagonal_",
]);

/** Of an expanded tensor several elements are one number in memory: what it would hold afterwards depends on the order. */
function requireDistinct(target: Tensor, name: string): void {
  const { shape, strides } = target.memory;
  if (target.numel > 1 && strides.some((s, d) => s === 0 && shape[d] > 1))
    throw new DlError(
      "in-place",
      `${name}: of this expanded tensor ${formatShape(shape)} several elements are one number in memory, so it cannot be written to: clone() it first`,
    );
}

/** target ← value, which is used up. */
export function write<T extends Tensor>(target: T, name: string, value: Tensor): T {
  if (!MAY_REPEAT.has(name)) requireDistinct(target, name);
  if (!sameShape(value.shape, target.shape)) {
    throw new ShapeError(
      `${name}: the result ${formatShape(value.shape)} does not fit the tensor ${formatShape(target.shape)} that is written to`,
    );
  }
  if (!canCast(value.dtype, target.dtype)) {
    throw new DlError(
      "dtype",
      `${name}: the result is ${value.dtype}, which the ${target.dtype} tensor that is written to cannot hold: x.to("${value.dtype}") first, or the op without the underscore`,
    );
  }
  const isRecorded = value.node !== null && value.dtype !== target.dtype;
  const converted = isRecorded ? value.to(target.dtype) : value;
  const wasCurrent = baseIsCurrent(target);
  overwriteBase(target, name, converted);
  adoptHistory(target, name, converted);
  assign([target.memory], IDENTITY, [converted.memory]);
  writtenThrough(target, wasCurrent);
  if (converted !== value) converted.dispose();
  value.dispose();
  return target;
}

/**
 * target ← fn(target). Where that is recorded, fn is given a copy: the backward pass may want to see what the target was.
 *
 * @param operands what else fn looks at.
 */
export function change<T extends Tensor>(
  target: T,
  name: string,
  fn: (x: Tensor) => Tensor,
  operands: readonly unknown[],
): T {
  requireWritable(target, name);
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  if (!isRecording || ![target, ...operands].some(hasGradient)) {
    const value = fn(target);
    // Integers are their own floor.
    return value === target ? target : write(target, name, value);
  }
  const before = target.clone();
  const value = fn(before);
  if (value !== before) before.dispose();
  return write(target, name, value);
}
/** The tensor with another shape: `value`, which is used up, is a view of the same memory. */
export function restride<T extends Tensor>(target: T, name: string, value: Tensor): T {
  requireWritable(target, name);
  // A vector is its own transpose.
  if (value === target) return target;
  adoptHistory(target, name, value);
  target.lookAt(value.memory);
  if (target.viewOf) target.viewOf = value.viewOf;
  target.nodeVersion = target.memory.storage.version;
  value.dispose();
  return target;
}

/** Also in options and lists. */
const hasGradient = (x: unknown): boolean =>
  isTensor(x)
    ? x.requiresGrad
    : x !== null && typeof x === "object" && Object.values(x).some(hasGradient);

function requireWritable(target: Tensor, name: string): void {
  if (!state.autograd?.isGradEnabled()) return;
  const isFixed = (t: Tensor | null) => t?.isLeaf && t.requiresGrad;
  const { base } = target;
  if (!isFixed(target) && !isFixed(base)) return;
  throw new DlError(
    "in-place",
    `${name}: a ${isFixed(base) ? "view of a " : ""}leaf that requires a gradient cannot be changed in place while gradients are recorded: wrap the change in noGrad(() => ...)`,
  );
}

function adoptHistory(target: Tensor, name: string, value: Tensor): void {
  const { autograd } = state;
  if (!autograd?.isGradEnabled()) return;
  requireWritable(target, name);
  if (value.node || target.node) autograd.adopt(target, value);
}

/** What is made from the base of a view depends on what is written into the view. */
function overwriteBase(target: Tensor, name: string, value: Tensor): void {
  const { autograd } = state;
  const { base } = target;
  if (!base || !autograd?.isGradEnabled()) return;
  requireWritable(target, name);
  if (value.node || base.requiresGrad) autograd.overwrite(target, value);
}

/** Whether the base's history is that of what its memory holds. */
function baseIsCurrent(target: Tensor): boolean {
  const { base } = target;
  return base?.node === null || base?.nodeVersion === target.memory.storage.version;
}
/** Target has been written to, and its base through it: their histories are those of what the memory holds now. */
function writtenThrough(target: Tensor, baseWasCurrent: boolean): void {
  const { version } = target.memory.storage;
  const { base } = target;
  target.nodeVersion = version;
  if (base && baseWasCurrent) base.nodeVersion = version;
}

export function copy_<T extends Tensor>(target: T, source: Tensor): T {
  const converted = source.to(target.dtype).to(target.device);
  const isWhole = sameShape(converted.shape, target.shape);
  // `write` uses its value up, and the source is not ours.
  const value = isWhole && converted !== source ? converted : expand(converted, target.shape);
  write(target, "copy_", value);
  if (converted !== source) converted.dispose();
  return target;
}

export function fill_<T extends Tensor>(target: T, value: number): T {
  requireWritable(target, "fill_");
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  // What it was made from no longer matters.
  if (isRecording && (target.requiresGrad || target.base?.requiresGrad))
    return write(target, "fill_", target.newFull(target.shape, value));
  const wasCurrent = baseIsCurrent(target);
  fillView(target.memory, value);
  writtenThrough(target, wasCurrent);
  return target;
}

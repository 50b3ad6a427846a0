/**
 * Writing into an existing tensor. Where gradients are recorded, the tensor takes over the history of what was written;
 * a leaf that requires a gradient cannot be written to then.
 */
import { assign } from "../define.ts";
import { canCast } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { IDENTITY } from "../program.ts";
import { sameShape } from "../shape.ts";
import { state } from "../state.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { fillView } from "./fill.ts";

/** target ← value, which is used up. */
export function write<T extends Tensor>(target: T, name: string, value: Tensor): T {
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
  adoptHistory(target, name, converted);
  assign([target.memory], IDENTITY, [converted.memory]);
  target.nodeVersion = target.memory.storage.version;
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
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  if (isRecording && target.isLeaf && target.requiresGrad) {
    throw new DlError(
      "in-place",
      `${name}: a leaf that requires a gradient cannot be changed in place while gradients are recorded: wrap the change in noGrad(() => ...)`,
    );
  }
}

function adoptHistory(target: Tensor, name: string, value: Tensor): void {
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  if (!isRecording) return;
  requireWritable(target, name);
  if (!value.node && !target.node) return;
  if (value.node) value.node.owners++;
  const before = target.node;
  target.node = value.node;
  target.nodeOutput = value.nodeOutput;
  if (before && --before.owners === 0) before.release();
}

export function copy_<T extends Tensor>(target: T, source: Tensor): T {
  const converted = source.to(target.dtype).to(target.device).expand(target.shape);
  // `write` uses its value up, and the source is not ours.
  return write(target, "copy_", converted === source ? alias(source) : converted);
}
/** Another handle with the same history. */
function alias(x: Tensor): Tensor {
  const isRecorded = x.requiresGrad && (state.autograd?.isGradEnabled() ?? false);
  return isRecorded ? x.unsqueeze(0).reshape(x.shape) : x.detach();
}

export function fill_<T extends Tensor>(target: T, value: number): T {
  requireWritable(target, "fill_");
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  // What it was made from no longer matters.
  if (isRecording && target.node)
    return write(target, "fill_", target.newFull(target.shape, value));
  fillView(target.memory, value);
  target.nodeVersion = target.memory.storage.version;
  return target;
}

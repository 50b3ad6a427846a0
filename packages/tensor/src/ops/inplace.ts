/**
 * Writing into an existing tensor. Where gradients are recorded, the tensor takes over the history of what was written;
 * a leaf that requires a gradient cannot be written to then.
 */
import { assign } from "../define.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { IDENTITY } from "../program.ts";
import { sameShape } from "../shape.ts";
import { state } from "../state.ts";
import type { Tensor } from "../tensor.ts";
import { fillView } from "./fill.ts";

/** target ← value, which is used up. */
export function write<T extends Tensor>(target: T, name: string, value: Tensor): T {
  if (!sameShape(value.shape, target.shape)) {
    throw new ShapeError(
      `${name}: the result ${formatShape(value.shape)} does not fit the tensor ${formatShape(target.shape)} that is written to`,
    );
  }
  adoptHistory(target, name, value);
  assign([target.memory], IDENTITY, [value.memory]);
  target.nodeVersion = target.memory.storage.version;
  value.dispose();
  return target;
}

function adoptHistory(target: Tensor, name: string, value: Tensor): void {
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  if (!isRecording) return;
  if (target.isLeaf && target.requiresGrad) {
    throw new DlError(
      "in-place",
      `${name}: a leaf that requires a gradient cannot be changed in place while gradients are recorded: wrap the change in noGrad(() => ...)`,
    );
  }
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
  const isRecording = state.autograd?.isGradEnabled() ?? false;
  if (isRecording && target.isLeaf && target.requiresGrad) {
    throw new DlError(
      "in-place",
      "fill_: a leaf that requires a gradient cannot be changed in place while gradients are recorded: wrap the change in noGrad(() => ...)",
    );
  }
  // What it was made from no longer matters.
  if (isRecording && target.node)
    return write(target, "fill_", target.newFull(target.shape, value));
  fillView(target.memory, value);
  target.nodeVersion = target.memory.storage.version;
  return target;
}

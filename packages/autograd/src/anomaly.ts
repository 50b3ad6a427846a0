/** Looking for the first NaN. */
import {
  afterwards,
  DlError,
  formatShape,
  isFloating,
  type Op,
  type Run,
  state,
  type Tensor,
} from "@dl/tensor/core";

export const anomaly = {
  isOn: false,

  /** Runs an op and looks at its results, which waits for the device. */
  run(op: Op, inputs: readonly Tensor[], attrs: unknown, next: Run): Tensor[] {
    const outputs = next(op, inputs, attrs);
    for (const t of outputs) {
      if (!hasNaN(t)) continue;
      const came = inputs.findIndex(hasNaN);
      const shapes = inputs.map((x) => formatShape(x.shape)).join(", ");
      throw new DlError(
        "anomaly",
        `${op.name}: the result ${formatShape(t.shape)} of operands ${shapes} holds NaN, ${anomaly.where()}. ` +
          (came >= 0
            ? `Operand ${came} held NaN already: it came from outside what is watched`
            : "No operand held NaN: this op made it (0/0, ∞ − ∞, log or sqrt of a negative number?)"),
      );
    }
    return outputs;
  },

  /** Which module is running. */
  where(): string {
    const path = state.modules.map((m) => m.constructor.name || "Module").join(" › ");
    return path ? `in ${path}` : "outside any module";
  },
};

function hasNaN(t: Tensor): boolean {
  if (!isFloating(t.dtype) || t.numel === 0) return false;
  return t.dataSync().some((x: number) => Number.isNaN(x));
}

/**
 * Runs `fn` and throws at the first op, forward or backward, whose result holds NaN, naming the op and the module that
 * was running. Slow: every result is read.
 */
export function detectAnomaly<T>(fn: () => T): T {
  const before = anomaly.isOn;
  anomaly.isOn = true;
  return afterwards(fn, () => {
    anomaly.isOn = before;
  });
}

import { state } from "@dl/tensor/core";
import type { Predictor } from "./interfaces.ts";

/** The modes that a model and the modules inside are in, to be put back. */
export function savedModes(model: Predictor): () => void {
  const modules = [...(model.modules?.() ?? [model])] as { training?: boolean }[];
  const modes = modules.map((module) => module.training);
  return () => {
    // One that was alone in its mode, a frozen batch norm for example, gets it back too.
    if (modes[0] !== undefined) model.train?.(modes[0]);
    modules.forEach((module, i) => {
      if (module.training !== modes[i]) module.training = modes[i];
    });
  };
}

/** Runs `fn` without recording; without autograd nothing is recorded anyway. */
export const unrecorded = <T>(fn: () => T): T =>
  state.autograd ? state.autograd.noGrad(fn) : fn();

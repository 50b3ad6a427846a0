/** Where in a model something happens, for messages. */
import { DlError, state } from "@dl/tensor/core";
import type { Module } from "./module.ts";
import { warnOnce } from "./quiet.ts";

/** Under which dotted name `parent` holds `module`. */
function pathOf(parent: Module, module: Module): string | undefined {
  return parent.namedModules().find(([, inside]) => inside === module)?.[0];
}

/** The module that an error came out of last. */
const cameFrom = new WeakMap<DlError, Module>();

/** Adds a module to the path that an error's message names. */
export function locate(error: unknown, module: Module): void {
  if (!(error instanceof DlError)) return;
  const part = cameFrom.get(error);
  if (part === module) return;
  error.addModule(module.constructor.name, part && (pathOf(module, part) ?? part.constructor.name));
  cameFrom.set(error, module);
}

/** `Net.features.3 (Dropout)`: where in the model that is being called. */
function whereIs(module: Module): string {
  const type = module.constructor.name;
  const root = (state.modules as Module[]).find((m) => pathOf(m, module));
  return root ? `${root.constructor.name}.${pathOf(root, module)} (${type})` : type;
}

/** Dropout and batch norm in training mode while nothing is recorded are mostly an evaluation that forgot `eval()`. */
export function warnIfNotRecording(module: Module): void {
  if (!state.autograd || state.autograd.isGradEnabled()) return;
  warnOnce(
    `training ${state.modules[0]?.constructor.name ?? module.constructor.name}`,
    () =>
      `${whereIs(module)} runs in training mode while gradients are off: call model.eval() before evaluating (if this is meant, ignore this)`,
  );
}

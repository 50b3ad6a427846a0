import type { Operand } from "../../define.ts";
import { DlError } from "../../errors.ts";
import { state } from "../../state.ts";
import { isTensor } from "../../tensor.ts";

/** Where PyTorch has no gradient either: an error, since a zero would be wrong. */
export function refuseGradient(name: string, argument: string, x: Operand): void {
  if (isTensor(x) && x.requiresGrad && (state.autograd?.isGradEnabled() ?? false))
    throw new DlError(
      "gradient",
      `${name}: there is no gradient with respect to ${argument}: pass ${argument}.detach()`,
    );
}

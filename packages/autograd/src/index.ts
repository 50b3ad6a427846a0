// Importing this module is what switches automatic differentiation on.
import { DlError, installLayer, state } from "@dl/tensor/core";
import { backward } from "./backward.ts";
import { isGradEnabled, noGrad } from "./mode.ts";
import { edgeOf } from "./node.ts";
import { record } from "./record.ts";
import { adopt, currentEdge, overwrite } from "./views.ts";

export { detectAnomaly } from "./anomaly.ts";
export { backward, type GradOptions } from "./backward.ts";
export { checkpoint } from "./checkpoint.ts";
export {
  defineFunction,
  defineFunctionOfMany,
  type FunctionContext,
  type FunctionDefinition,
} from "./function.ts";
export { gradcheck, type GradcheckOptions } from "./gradcheck.ts";
export { enableGrad, isGradEnabled, noGrad, setGradEnabled } from "./mode.ts";
export { tape } from "./node.ts";
export { grad, type TransformOptions, valueAndGrad } from "./transform.ts";

installLayer(record);
state.autograd = {
  isGradEnabled,
  noGrad,
  overwrite,
  adopt,
  backward,
  registerHook(tensor, hook) {
    const edge = currentEdge(tensor, "registerHook");
    if (!edge)
      throw new DlError(
        "gradient",
        "registerHook: this tensor does not require a gradient, so the hook would never be called",
      );
    const hooks = (edge.node.hooks[edge.output] ??= []);
    hooks.push(hook);
    return () => {
      const i = hooks.indexOf(hook);
      if (i >= 0) hooks.splice(i, 1);
    };
  },
  retainGrad(tensor) {
    const edge = currentEdge(tensor, "retainGrad");
    if (!edge) throw new DlError("gradient", "retainGrad: this tensor does not require a gradient");
    if (!edge.node.leaf) edge.node.retained[edge.output] = tensor;
  },
  retainsGrad(tensor) {
    const edge = edgeOf(tensor);
    return edge !== null && edge.node.retained[edge.output] === tensor;
  },
  registerPostAccumulateGradHook(tensor, hook) {
    const node = edgeOf(tensor)?.node;
    if (!node?.leaf)
      throw new DlError(
        "gradient",
        "registerPostAccumulateGradHook: a leaf that requires a gradient is wanted: registerHook sees the gradients of other tensors",
      );
    const hooks = node.accumulated;
    hooks.push(hook);
    return () => {
      const i = hooks.indexOf(hook);
      if (i >= 0) hooks.splice(i, 1);
    };
  },
};

/**
 * Switching off parts of a parameter by a mask. The parameter becomes `weight_orig`, the mask is the buffer
 * `weight_mask`, and `weight` is their product. Which elements go is decided on the host, which waits for the device.
 *
 * An amount that is a whole number counts elements (or channels); one between 0 and 1 is a part of them. Pruning again
 * takes its amount of what is left.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.html#utilities
 */
export { type GlobalPruningOptions, globalUnstructured } from "./global.ts";
export { CustomFromMask, customFromMask, Identity, identity } from "./masks.ts";
export {
  BasePruningMethod,
  type ImportanceOptions,
  isPruned,
  type PruneOptions,
  PruningContainer,
  type PruningType,
  remove,
} from "./method.ts";
export {
  LnStructured,
  lnStructured,
  RandomStructured,
  randomStructured,
  type StructuredOptions,
} from "./structured.ts";
export {
  L1Unstructured,
  l1Unstructured,
  RandomUnstructured,
  randomUnstructured,
} from "./unstructured.ts";

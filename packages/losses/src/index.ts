// Numbers.
export { L1Loss, l1Loss, MSELoss, mseLoss } from "./regression.ts";
// Classes.
export {
  CrossEntropyLoss,
  type CrossEntropyOptions,
  crossEntropy,
  NLLLoss,
  type NLLOptions,
  nllLoss,
} from "./crossEntropy.ts";
// Yes and no.
export {
  BCELoss,
  type BCEOptions,
  BCEWithLogitsLoss,
  type BCEWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "./binary.ts";
// Your own.
export { Loss } from "./loss.ts";
export type { Reduction, ReductionOptions } from "./reduction.ts";

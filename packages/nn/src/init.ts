/**
 * Filling tensors with starting values, in place and unrecorded. After `manualSeed(n)` the numbers are those of PyTorch
 * after `torch.manual_seed(n)`: they are drawn on the host from the same stream, in row-major order.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.init.html
 */
export { constant_, dirac_, eye_, normal_, ones_, uniform_, zeros_ } from "./init/fill.ts";
export {
  calculateFanInAndFanOut,
  calculateGain,
  type FanMode,
  type Nonlinearity,
} from "./init/gain.ts";
export type { GainOptions, KaimingOptions, RandomInit } from "./init/options.ts";
export { orthogonal_ } from "./init/orthogonal.ts";
export { sparse_ } from "./init/sparse.ts";
export { truncNormal_ } from "./init/truncNormal.ts";
export {
  kaimingNormal_,
  kaimingUniform_,
  xavierNormal_,
  xavierUniform_,
} from "./init/variance.ts";

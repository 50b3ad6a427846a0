import { keep, Tensor } from "@dl/tensor/core";

/** Found on every such tensor; unlike `instanceof`, it holds across copies of the package. */
const BRAND = Symbol.for("@dl/nn.Buffer");

/**
 * A tensor that is a module's state but is not learnt, such as a running mean: as a field of a module it is a buffer, as
 * `registerBuffer` makes one. It shares the memory of `data`, has no history, and belongs to no scope.
 *
 * @param data becomes the buffer's values; it is not copied.
 * @param options `persistent: false` leaves it out of the state dictionary. Default true.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html
 *
 * @example
 * class Scale extends Module {
 *   factor = new Buffer(tensor(2));
 *   forward(x: Tensor) {
 *     return x.mul(this.factor);
 *   }
 * }
 * Object.keys(new Scale().stateDict()) // => ["factor"]
 */
export class Buffer extends Tensor {
  readonly persistent: boolean;

  constructor(data: Tensor, { persistent = true }: { persistent?: boolean } = {}) {
    const { memory: view } = data;
    view.storage.retain();
    super(view);
    keep(this);
    this.requiresGrad = data.requiresGrad;
    this.persistent = persistent;
  }
}
Object.defineProperty(Buffer.prototype, BRAND, { value: true });

export const isBuffer = (x: unknown): x is Buffer =>
  typeof x === "object" && x !== null && BRAND in x;

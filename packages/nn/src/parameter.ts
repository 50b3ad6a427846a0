import { type DType, empty, keep, type Shape, Tensor, type TensorOptions } from "@dl/tensor/core";

/** Found on every parameter; unlike `instanceof`, it holds across copies of the package. */
export const BRAND: unique symbol = Symbol.for("@dl/nn.Parameter") as never;

/**
 * A tensor that a module learns: as a field of a module it is found by `parameters()`, `stateDict()` and `to()`. It
 * shares the memory of `data`, has no history, and belongs to no scope.
 *
 * @param data becomes the parameter's values; it is not copied.
 * @param options `requiresGrad: false` freezes it. Default true.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 *
 * @example
 * new Parameter(tensor([1, 2])).requiresGrad // => true
 */
export class Parameter extends Tensor {
  /** @internal So that a plain tensor does not pass for a parameter. */
  declare readonly [BRAND]: true;

  constructor(data: Tensor, { requiresGrad = true }: { requiresGrad?: boolean } = {}) {
    const { memory: view } = data;
    view.storage.retain();
    super(view);
    keep(this);
    this.requiresGrad = requiresGrad;
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
Object.defineProperty(Parameter.prototype, BRAND, { value: true });

export const isParameter = (x: unknown): x is Parameter =>
  typeof x === "object" && x !== null && BRAND in x;

/** What the layers that have parameters take. */
export interface LayerOptions {
  /** Of the parameters. Default float32. */
  dtype?: DType;
  /** The backend that holds them. Default: what `setBackend` was given. */
  device?: TensorOptions["device"];
}

/** For an initialiser to fill. */
export function emptyParameter(shape: Shape, { dtype, device }: LayerOptions): Parameter {
  return parameterOf(empty(shape, { dtype, device }));
}

/** Takes the tensor's memory over. */
export function parameterOf(data: Tensor): Parameter {
  const parameter = new Parameter(data);
  data.dispose();
  return parameter;
}

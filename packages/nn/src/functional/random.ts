import { allocate, defaultGenerator, type Generator, type Shape, Tensor } from "@dl/tensor/core";

/** Numbers on [0, 1) from the device's counter-based stream, as dropout's masks are: equal on every backend. */
export function deviceUniform(
  shape: Shape,
  { device, dtype }: Tensor,
  generator: Generator = defaultGenerator,
): Tensor {
  const out = allocate(device, "float32", shape);
  if (out.numel > 0) device.random(out, generator.nextKey());
  const numbers = new Tensor(out);
  const converted = numbers.to(dtype);
  if (converted !== numbers) numbers.dispose();
  return converted;
}

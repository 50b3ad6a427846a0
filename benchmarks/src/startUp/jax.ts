import { defaultDevice, init, numpy as np } from "@jax-js/jax";

export async function first(): Promise<number> {
  await init("wasm");
  defaultDevice("wasm");
  return (
    await np
      .array([1])
      .add(np.array([2]))
      .data()
  )[0];
}

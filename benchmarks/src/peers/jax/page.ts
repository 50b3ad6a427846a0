/** jax-js in a page, on its GPU. Its runs wait by themselves. */
import { defaultDevice, init } from "@jax-js/jax";
import { builders } from "./builders.ts";

export async function start() {
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js finds no GPU");
  defaultDevice("webgpu");
  return builders;
}

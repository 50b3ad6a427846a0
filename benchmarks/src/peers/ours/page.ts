/** Our side in a page, on its GPU. */
import { webgpu } from "@dl/backend-webgpu";
import { setBackend } from "@dl/tensor";
import { waiting } from "../../pages/waiting.ts";
import { builders } from "./builders.ts";

export async function start() {
  const device = await webgpu();
  setBackend(device);
  return waiting(builders, () => device.finished());
}

import type { Backend } from "@dl/tensor/core";
import { findAdapter, findGpu } from "./adapter.ts";
import { gpuBackend } from "./backend.ts";
import { Engine } from "./engine.ts";

export interface WebGpuOptions {
  /** Which of several GPUs. Default: the system's choice. */
  powerPreference?: "high-performance" | "low-power";
  /** A device of your own, which may be shared with other WebGPU code. Default: one is requested, with the adapter's own limits. */
  device?: Device;
  /** Submits and checks every kernel by itself, so that an error names it. Slow. Default false. */
  debug?: boolean;
}

/** `GPUDevice` in projects that have types of WebGPU (from "dom", or `@webgpu/types`), others do without. */
type Device = typeof globalThis extends { GPUDevice: { prototype: infer D } } ? D : object;

const OPTIONAL_FEATURES = ["subgroups"] as const;
const made = new Map<string, Promise<Backend>>();

/**
 * A backend that computes on the GPU: in browsers by `navigator.gpu`, in Node by the package `webgpu`, which has to be
 * installed beside this one.
 *
 * Calls with equal options share one device. After a loss of the device the next call gets a new one.
 *
 * @throws DlError with code "device" where there is no WebGPU or no adapter; it says what was tried and what to do.
 */
export function webgpu(options: WebGpuOptions = {}): Promise<Backend> {
  const { powerPreference, device, debug = false } = options;
  if (device) return Promise.resolve(gpuBackend(new Engine(device, debug)));
  const key = `${powerPreference} ${debug}`;
  let backend = made.get(key);
  if (!backend) {
    const forget = () => {
      made.delete(key);
    };
    backend = request(powerPreference, debug, forget);
    backend.catch(forget);
    made.set(key, backend);
  }
  return backend;
}

async function request(
  powerPreference: WebGpuOptions["powerPreference"],
  debug: boolean,
  onLost: () => void,
): Promise<Backend> {
  const gpu = await findGpu();
  const adapter = await findAdapter(gpu, powerPreference);
  const { limits } = adapter;
  const requiredLimits = {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
  };
  const requiredFeatures = OPTIONAL_FEATURES.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({
    label: "@dl/backend-webgpu",
    requiredLimits,
    requiredFeatures,
  });
  device.lost.then(onLost);
  return gpuBackend(new Engine(device, debug));
}

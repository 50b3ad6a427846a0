export { type Statistics, statistics, warmup } from "./warmup.ts";
export { type WebGpuOptions, webgpu } from "./webgpu.ts";

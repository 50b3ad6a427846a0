import { MODULES, replayOnGpu } from "./gpu.ts";

await replayOnGpu(MODULES);

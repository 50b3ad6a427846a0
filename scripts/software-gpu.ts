/** `node --import ./scripts/software-gpu.ts program.ts`: a GPU for a machine without one, slow, for trying things out. */
import { installSoftwareGpu } from "../packages/backend-webgpu/src/testing.ts";

installSoftwareGpu();

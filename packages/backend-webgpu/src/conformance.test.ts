import "@dl/autograd";
import { testBackend } from "@dl/conformance";
import { describe, it } from "vitest";
import { testedGpu } from "./testing.ts";

const gpu = await testedGpu();
if (typeof gpu === "string") {
  console.warn(`The WebGPU backend is not tested: ${gpu}`);
  describe.skip("WebGPU", () => it(`has no adapter here: ${gpu}`, () => {}));
} else testBackend("WebGPU", () => gpu, { describe, it, flushesSubnormals: true });

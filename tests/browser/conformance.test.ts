import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { webgpu } from "@dl/backend-webgpu";
import { testBackend } from "@dl/conformance";
import { describe, inject, it } from "vitest";

testBackend("CPU", () => cpu(), { describe, it });

/**
 * On a GPU in software every kernel takes its time to compile. Node runs the whole suite on the same driver; here it is
 * each of the eight kernels in its simplest form, and every op once. Isolation changes nothing for a GPU.
 */
const PARTS = /: (kernels|ops)$/;
const LEFT_OUT =
  /^(map: (three|masks|bytes|float to|integers)|reduce: \w+ of (?!float32)|matmul of|sort of|special\.|igamma|polygamma|histogram|conv3d|convTranspose[13]d|cdist)/;
if (inject("isolated"))
  testBackend("WebGPU", () => webgpu(), {
    describe: (name, body) => void (PARTS.test(name) && describe(name, body)),
    it: (name, run) => void (LEFT_OUT.test(name) || it(name, run)),
    flushesSubnormals: true,
  });

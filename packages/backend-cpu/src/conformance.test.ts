import "@dl/autograd";
import { testBackend } from "@dl/conformance";
import { describe, it } from "vitest";
import { cpu } from "./index.ts";

testBackend("the reference path", () => cpu({ wasm: false }), { describe, it });
testBackend("WASM", () => cpu({ wasm: true }), { describe, it });
testBackend("WASM without fused multiply-add", () => cpu({ fma: false, threads: 1 }), {
  describe,
  it,
});

import "@dl/autograd";
import { testBackend } from "@dl/conformance";
import { describe, it } from "vitest";
import { cpu } from "./index.ts";

testBackend("the reference path", () => cpu({ wasm: false }), { describe, it });
testBackend("WASM", () => cpu({ wasm: true }), { describe, it });

/** jax-js with its WebAssembly backend, `main.ts THREADS`. */
import "./workers.ts";
import { readFileSync } from "node:fs";
import { defaultDevice, init } from "@jax-js/jax";
import { serve } from "../../child/serve.ts";
import { builders } from "./builders.ts";

await init("wasm");
defaultDevice("wasm");

const manifest = new URL("../package.json", import.meta.resolve("@jax-js/jax"));
const { version } = JSON.parse(readFileSync(manifest, "utf8"));
await serve(version, builders);

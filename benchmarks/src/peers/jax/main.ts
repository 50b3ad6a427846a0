/** jax-js with its WebAssembly backend, `main.ts THREADS`. Every op and every step is compiled with `jit`. */
import "./workers.ts";
import { readFileSync } from "node:fs";
import { defaultDevice, init } from "@jax-js/jax";
import { serve } from "../../child/serve.ts";
import { conv, crossEntropy, dispatch, elementwise, gemm, rows } from "./ops.ts";
import { training } from "./training.ts";

await init("wasm");
defaultDevice("wasm");

const manifest = new URL("../package.json", import.meta.resolve("@jax-js/jax"));
const { version } = JSON.parse(readFileSync(manifest, "utf8"));
await serve(version, { gemm, elementwise, rows, crossEntropy, conv, training, dispatch });

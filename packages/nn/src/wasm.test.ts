/** Layers and scopes once more, on the WebAssembly kernels. */
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";

setBackend(cpu());
await import("./layers.test.ts");
await import("./scopes.test.ts");

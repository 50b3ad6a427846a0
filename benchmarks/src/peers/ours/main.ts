/** Our side, in a process of its own: `main.ts THREADS REVECTORIZE`. */
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { serve } from "../../child/serve.ts";
import { builders } from "./builders.ts";

const [threads, revectorize] = process.argv.slice(2);
setBackend(cpu({ threads: Number(threads), revectorize: revectorize === "auto" && "auto" }));

await serve("source", builders);

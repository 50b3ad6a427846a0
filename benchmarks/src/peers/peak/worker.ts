import { parentPort } from "node:worker_threads";
import { rate } from "./rate.ts";

parentPort!.on("message", (probe) => parentPort!.postMessage(rate(probe)));

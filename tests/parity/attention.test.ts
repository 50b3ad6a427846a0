import { attention } from "./attention.ts";
import { replay } from "./replay.ts";

replay(...attention);

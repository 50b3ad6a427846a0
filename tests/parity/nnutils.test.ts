import { nnutils } from "./nnutils.ts";
import { replay } from "./replay.ts";

replay(nnutils);

import { replay } from "./replay.ts";
import { spatial } from "./spatial.ts";

replay(...spatial);

import { losses } from "./losses.ts";
import { replay } from "./replay.ts";

replay(...losses);

import { machinery } from "./machinery.ts";
import { replay } from "./replay.ts";

replay(machinery);

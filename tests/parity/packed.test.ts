import { packed } from "./packed.ts";
import { replay } from "./replay.ts";

replay(...packed);

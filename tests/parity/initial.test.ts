import { initial } from "./initial.ts";
import { replay } from "./replay.ts";

replay(initial);

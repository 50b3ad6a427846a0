import { replay } from "./replay.ts";
import { transformer } from "./transformer.ts";

replay(transformer);

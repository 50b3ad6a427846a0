import { checkpoints } from "./checkpoints.ts";
import { replay } from "./replay.ts";

replay(checkpoints);

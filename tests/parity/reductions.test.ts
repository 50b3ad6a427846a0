import { ops } from "./op.ts";
import { replay } from "./replay.ts";

replay(ops("reductions"));

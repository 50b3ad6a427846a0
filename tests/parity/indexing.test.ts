import { calls } from "./call.ts";
import { replay } from "./replay.ts";

replay(calls("indexing"));

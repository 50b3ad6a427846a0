import { fresh } from "./fresh.ts";
import { replay } from "./replay.ts";

replay(fresh);

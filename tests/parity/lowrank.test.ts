import { lowrank } from "./lowrank.ts";
import { replay } from "./replay.ts";

replay(lowrank);

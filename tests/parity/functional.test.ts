import { functional } from "./functional.ts";
import { replay } from "./replay.ts";

replay(functional);

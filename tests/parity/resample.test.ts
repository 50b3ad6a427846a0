import { replay } from "./replay.ts";
import { resample } from "./resample.ts";

replay(resample);

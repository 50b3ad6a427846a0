import { npy } from "./npy.ts";
import { replay } from "./replay.ts";

replay(npy);

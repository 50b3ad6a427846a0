import { replayCalls } from "./call.ts";

replayCalls("indexing");

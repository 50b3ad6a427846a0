import { replayCalls } from "./call.ts";

replayCalls("factorizations");

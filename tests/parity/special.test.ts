import { replayCalls } from "./call.ts";

replayCalls("special");

import { replayCalls } from "./call.ts";

replayCalls("linalg");

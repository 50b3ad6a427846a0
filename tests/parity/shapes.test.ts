import { replayCalls } from "./call.ts";

replayCalls("shapes");

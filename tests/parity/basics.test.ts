import { manualSeed } from "@dl/tensor";
import { beforeEach } from "vitest";
import { replayCalls } from "./call.ts";

// Some draw random numbers.
beforeEach(() => {
  manualSeed(0);
});
replayCalls("basics");

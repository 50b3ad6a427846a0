import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { read } from "./fixture.ts";
import { ELSEWHERE, FUNCTIONS, replayOnGpu } from "./gpu.ts";

test("no fixture is forgotten", () => {
  const all = readdirSync(new URL("./fixtures", import.meta.url))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  expect([...read, ...ELSEWHERE].sort()).toEqual(all.sort());
});
await replayOnGpu(FUNCTIONS);

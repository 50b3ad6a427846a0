import { transforms as offered } from "@dl/data";
import { describe, expect, test } from "vitest";
import { replay } from "./replay.ts";
import { cases, make, transforms } from "./transforms.ts";

replay(...transforms);

describe("transforms print as torchvision prints them", () => {
  for (const c of cases.printed.plain) test(c.text, () => expect(make(c).toString()).toBe(c.text));
  test.each(Object.entries(cases.printed.nested))("%s", (name, text) => {
    const { Pad, Compose, RandomInvert } = offered;
    const inner = [new Pad(3), new Compose([new RandomInvert(), new Pad(1)])];
    expect(new offered[name as "Compose"](inner).toString()).toBe(text);
  });
});

import { globSync } from "node:fs";
import { describe, test } from "vitest";
import { markdownBlocks } from "./blocks.ts";
import { read, root, write } from "./run.ts";

const pages = globSync(
  ["README.md", "ARCHITECTURE.md", "packages/*/README.md", "examples/*/README.md"],
  { cwd: root },
).sort();

describe("the ts blocks of every page compile, run, and give what they say", () => {
  const blocks = pages.flatMap((page) => markdownBlocks(page, read(page)));
  for (const example of write("dl-readme", blocks)) {
    test(example.title, () => example.check("alone"));
  }
  test("there are pages", () => {
    if (!pages.includes("README.md")) throw new Error("no README.md found");
  });
});

/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from "vitest";
import { markdownBlocks } from "./blocks.ts";
import { write } from "./run.ts";

// Imported, so that `vitest --changed` sees what these tests depend on.
const pages = import.meta.glob<string>(
  ["/*.md", "/docs/*.md", "/packages/*/README.md", "/examples/*/README.md"],
  { query: "?raw", import: "default", eager: true },
);

describe("the ts blocks of every page compile, run, and give what they say", () => {
  const blocks = Object.entries(pages).flatMap(([path, text]) =>
    markdownBlocks(path.slice(1), text),
  );
  for (const example of write("dl-readme", blocks)) {
    test(example.title, () => example.check("alone"));
  }
  test("the pages are found", () => expect(Object.keys(pages)).toContain("/README.md"));
});

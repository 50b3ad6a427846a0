/// <reference types="vite/types/importMeta.d.ts" />
import { join } from "node:path";
import { beforeAll, describe, test, vi } from "vitest";
import { type Block, exampleBlocks } from "./blocks.ts";
import { exportsOf } from "./exports.ts";
import type { Instrumented } from "./instrument.ts";
import { read, write } from "./run.ts";

// Imported as text, so that `vitest --changed` sees what these tests depend on.
const sources = import.meta.glob<string>(["/packages/*/src/**/*.ts", "!**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/**
 * What stands before an example: a backend, a fresh seed, and those names it uses that its own file, its
 * package or `@dl/tensor` exports.
 */
function imports({ file }: Block, { free }: Instrumented): string {
  const up = "../../..";
  const [, dir] = /^(packages\/[^/]+)\//.exec(file) as RegExpExecArray;
  const lines = [`import { reset } from "${up}/tests/docs/preamble.ts"; reset();`];
  const missing = new Set(free);
  const places = [[file, `${up}/${file}`], ...entries(dir), ...entries("packages/tensor")];
  for (const [source, specifier] of places) {
    const { values, types } = exportsOf(source);
    const names = [...missing].filter((name) => values.has(name) || types.has(name));
    for (const name of names) missing.delete(name);
    const list = names.map((name) => (types.has(name) ? `type ${name}` : name)).join(", ");
    if (list) lines.push(`import { ${list} } from "${specifier}";`);
  }
  return `${lines.join(" ")} `;
}

/** The entries of a package: source file and import specifier. */
function entries(dir: string): [source: string, specifier: string][] {
  const { name, exports } = JSON.parse(read(`${dir}/package.json`));
  return Object.entries<any>(exports)
    .filter(([, target]) => target["@dl/source"])
    .map(([path, target]) => [join(dir, target["@dl/source"]), join(name, path)]);
}

describe("the examples in doc comments compile, run, and give what they say", () => {
  const blocks = Object.entries(sources).flatMap(([path, text]) =>
    exampleBlocks(path.slice(1), text),
  );
  beforeAll(() => {
    for (const method of ["log", "info", "warn"] as const)
      vi.spyOn(console, method).mockReturnValue();
  });
  for (const example of write("dl-examples", blocks, imports)) {
    test(example.title, () => example.check("here"));
  }
});

import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const packages = resolve(import.meta.dirname, "../packages");

/** Import specifiers of an entry and of all files that it reaches. */
function importsOf(entry: string): Set<string> {
  const specifiers = new Set<string>();
  const files = new Set([entry]);
  for (const file of files) {
    for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8")).importedFiles) {
      if (fileName.startsWith(".")) files.add(join(dirname(file), fileName));
      else specifiers.add(fileName);
    }
  }
  return specifiers;
}

const withoutSource = (exports: Record<string, any>): unknown =>
  JSON.parse(JSON.stringify(exports, (key, value) => (key === "@dl/source" ? undefined : value)));

describe.each(globSync("*/package.json", { cwd: packages }).sort())("packages/%s", (path) => {
  const dir = dirname(join(packages, path));
  const manifest = JSON.parse(readFileSync(join(packages, path), "utf8"));
  const entries = Object.entries<any>(manifest.exports).filter(([, to]) => to["@dl/source"]);
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

  test.each(entries)("%s imports only what the package declares", (entry, target) => {
    const imported = importsOf(join(dir, target["@dl/source"]));
    const names = [...imported].map((s) =>
      s
        .split("/")
        .slice(0, s[0] === "@" ? 2 : 1)
        .join("/"),
    );
    const builtin = (name: string): boolean => entry === "./node" && name.startsWith("node:");
    expect(names.filter((name) => !declared.includes(name) && !builtin(name))).toEqual([]);
  });
  test("shares one copy of @dl/tensor with the application", () => {
    const peers = Object.keys(manifest.peerDependencies ?? {});
    expect(manifest.name === "@dl/tensor" || peers.includes("@dl/tensor")).toBe(true);
    expect(Object.keys(manifest.dependencies ?? {}).filter((n) => n.startsWith("@dl/"))).toEqual(
      [],
    );
  });
  test("publishes the exports of development, without the source", () => {
    expect(manifest.publishConfig.exports).toEqual(withoutSource(manifest.exports));
  });
});

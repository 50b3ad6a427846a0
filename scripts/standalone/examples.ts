/** The blocks of a package's README, as programs in a folder where the package is installed. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import type { Block } from "../../tests/docs/blocks.ts";
import { instrument, moduleOf } from "../../tests/docs/instrument.ts";

/** Names of packages that some code imports, without those of Node. */
export function importsOf(code: string): { packages: string[]; forNode: boolean } {
  const specifiers = ts.preProcessFile(code).importedFiles.map(({ fileName }) => fileName);
  const packages = specifiers.filter((s) => !/^(node:|\.)/.test(s));
  return {
    packages: [...new Set(packages.map((s) => s.split("/", s.startsWith("@") ? 2 : 1).join("/")))],
    forNode: specifiers.some((s) => s.startsWith("node:") || s.endsWith("/node")),
  };
}

/** What the README says to install: the names after `npm install` in its ```sh blocks. */
export function installed(readme: string): string[] {
  const shell = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code]) => code).join("");
  const lines = [...shell.matchAll(/^npm install ([^#\n]*)/gm)];
  return lines.flatMap(([, names]) => names.trim().split(/\s+/));
}

/** A program that imports modules, for the compiler. */
export function importing(specifiers: readonly string[]): string {
  const names = specifiers.map((_, i) => `entry${i}`);
  const imports = specifiers.map((from, i) => `import * as ${names[i]} from "${from}";\n`);
  return `${imports.join("")}export const entries = [${names}];\n`;
}

/** The same, looking whether the build left their names to classes: users see them in printed models and in errors. */
export const lookingAt = (specifiers: readonly string[]): string => `${importing(specifiers)}
for (const entry of entries) {
  const exported = Object.entries(entry);
  if (exported.length === 0) throw new Error("an entry exports nothing");
  for (const [key, value] of exported) {
    const isClass = typeof value === "function" && String(value).startsWith("class");
    if (isClass && key !== value.name && new RegExp(\`^_?\${key}\\\\d*$\`).test(value.name))
      throw new Error(\`the class \${key} bears the name \${value.name}\`);
  }
}
`;

/** Writes blocks as JavaScript that checks its values, and gives the names of the files. */
export function writePrograms(folder: string, name: string, blocks: readonly Block[]): string[] {
  mkdirSync(join(folder, "checks"), { recursive: true });
  for (const file of ["check", "printed"]) {
    const url = new URL(`../../tests/docs/${file}.ts`, import.meta.url);
    const code = javascript(readFileSync(url, "utf8")).replaceAll('.ts";', '.mjs";');
    writeFileSync(join(folder, "checks", `${file}.mjs`), code);
  }
  return blocks.map((block) => {
    const file = `${name}-${block.line}.mjs`;
    const code = moduleOf(block, instrument(block), "./checks/check.mjs");
    writeFileSync(join(folder, file), javascript(code));
    return file;
  });
}

/** Writes blocks as a user would have them, for the compiler, and gives the names of the files. */
export function writeSources(folder: string, blocks: readonly Block[]): string[] {
  return blocks.map(({ line, code }) => {
    const file = `README-${line}.ts`;
    writeFileSync(join(folder, file), "\n".repeat(line - 1) + code);
    return file;
  });
}

/** Node 20 does not take types off by itself. Lines keep their numbers. */
const javascript = (code: string): string => stripTypeScriptTypes(code);

/** A page that imports `@dl/tensor/core` has tensors without the methods of methods.ts: packages have to do without them. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
/** These look at everything, and are no part of a page. */
const WHOLE = ["@dl/conformance"];

/** The sources of all packages, as if there were no further methods. */
function problems(): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const entries = globSync("packages/*/package.json", { cwd: root }).flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(join(root, path), "utf8"));
    if (WHOLE.includes(name)) return [];
    const sources = Object.entries<any>(exports).filter(
      ([entry, to]) => to["@dl/source"] && !(name === "@dl/tensor" && entry === "."),
    );
    return sources.map(([, to]) => join(root, path, "..", to["@dl/source"]));
  });
  const methods = join(root, "packages/tensor/src/methods.ts");
  const host = ts.createCompilerHost(options);
  const { readFile } = host;
  host.readFile = (file) =>
    resolve(file) === methods ? "export class TensorMethods {}" : readFile(file);
  const program = ts.createProgram(entries, { ...options, noEmit: true }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      (d) =>
        `${d.file?.fileName.slice(root.length + 1)}:${d.file && d.file.getLineAndCharacterOfPosition(d.start!).line + 1} ${ts.flattenDiagnosticMessageText(d.messageText, "\n").split("\n")[0]}`,
    );
}

test("packages use core methods only", () => expect(problems()).toEqual([]), 60_000);

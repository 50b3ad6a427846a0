import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import type { Block } from "./blocks.ts";
import { type Instrumented, instrument, moduleOf } from "./instrument.ts";

/** The root of the repository. */
export const root = resolve(import.meta.dirname, "../..");

export const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** A block as a module on disk. */
export interface Example {
  /** Its place, and why it is only compiled if it is not run. */
  readonly title: string;
  /**
   * Throws what is wrong with it, naming file and line: what the compiler says, an error, a value that is
   * not the one in the comment. It runs in this process, or alone: as a program that shares nothing.
   */
  check(where: "here" | "alone"): Promise<void>;
}

/**
 * Writes blocks as modules under node_modules/.cache, where their imports resolve as those of a user's
 * program do. Each line keeps its number, so that an error in a module is one in the page it came from.
 *
 * @param folder  below node_modules/.cache; emptied first.
 * @param imports what to put before a block, in one line.
 */
export function write(
  folder: string,
  blocks: readonly Block[],
  imports: (block: Block, code: Instrumented) => string = () => "",
): Example[] {
  const dir = join(root, "node_modules/.cache", folder);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const config = {
    extends: relative(dir, join(root, "tsconfig.base.json")),
    compilerOptions: { noUnusedLocals: false },
    include: ["*.ts"],
  };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
  let compiled: Promise<string[]> | undefined;

  return blocks.map((block) => {
    const { title, file, noRun } = block;
    const name = title.replace(/\W+/g, "-");
    const module = join(dir, `${name}.mjs`);
    let broken: unknown;
    try {
      const example = instrument(block);
      const checks = relative(dir, join(import.meta.dirname, "check.ts"));
      const source = moduleOf(block, example, checks, imports(block, example));
      // Node strips types by itself, but not below node_modules. First, because the compiler says nothing
      // about types while any file has a syntax error.
      writeFileSync(module, stripTypeScriptTypes(source));
      writeFileSync(join(dir, `${name}.ts`), source);
    } catch (error) {
      broken = error;
    }

    const run = async (where: "here" | "alone"): Promise<void> => {
      if (broken) throw broken;
      compiled ??= compile(dir);
      const mine = (await compiled).filter((line) => line.startsWith(`${name}.ts(`));
      const errors = mine.map((line) => line.replace(/^.*?\((\d+),\d+\)/, `${file}:$1`));
      if (errors.length > 0) throw new Error(errors.join("\n"));
      if (noRun) return;
      await (where === "alone" ? runAlone(module) : import(pathToFileURL(module).href));
    };
    return {
      title: noRun ? `${title} compiles (not run: ${noRun})` : title,
      check: (where) =>
        run(where).catch((error) => {
          throw located(error, block, module);
        }),
    };
  });
}

/** What the compiler says about the modules in a folder: `name.ts(line,column): error …`, and so on. */
async function compile(dir: string): Promise<string[]> {
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", ".", "--pretty", "false"], {
    cwd: dir,
  }).catch((error) => {
    if (error.stdout) return error as { stdout: string };
    throw error;
  });
  return stdout.split(/\n(?=\S)/);
}

/** Runs a module on a thread of its own, to its last line. */
function runAlone(module: string): Promise<void> {
  return new Promise((done, failed) => {
    const worker = new Worker(module, { stdout: true, stderr: true }); // and what it prints is dropped
    let finished = false;
    worker.once("message", () => (finished = true)); // from Checks.finish()
    worker.once("error", failed);
    worker.once("exit", () =>
      finished ? done() : failed(new Error("ended before its last line")),
    );
  });
}

/** An error that happened in a module, as one in the page: its message and stack name file and line. */
function located(error: unknown, { file, line }: Block, module: string): Error {
  const { name, message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const known = message.startsWith(`${file}:`);
  const at = /^:(\d+)/.exec(known ? message.slice(file.length) : (stack.split(module)[1] ?? ""));
  const place = `${file}:${at?.[1] ?? line}`;
  const shown = known ? message : `${place}: ${name === "Error" ? "" : `${name}: `}${message}`;
  const result = new Error(shown, known ? undefined : { cause: error });
  result.stack = `Error: ${shown}\n    at ${join(root, place)}:1`; // vitest shows the line of the page
  return result;
}

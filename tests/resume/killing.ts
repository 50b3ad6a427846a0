/** Programs that are killed while they write checkpoints. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Random whole numbers below n. */
export function draws(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

export interface Killed {
  /** How often it was killed before its end. */
  readonly kills: number;
  /** What it printed last. */
  readonly bits: string;
}

/**
 * Starts a program of this folder again and again, kills it up to `kills` times, and lets it come to its end.
 *
 * @param afterKill is given the checkpoint, if there is one.
 */
export async function killAgainAndAgain(
  program: string,
  length: number,
  options: { kills: number; seed: number; afterKill: (path: string) => Promise<void> },
): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), "dl-resume-"));
  // Most of a start is compiling: what was compiled once is kept.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") };
  /** @param times how often each checkpoint is written: so many times that a kill most likely hits a writing. */
  const start = (file: string, length: number, times: number) => {
    const path = join(import.meta.dirname, program);
    const args = [
      "--conditions=@dl/source",
      path,
      join(folder, file),
      String(length),
      String(times),
    ];
    return observed(spawn(process.execPath, args, { env }));
  };
  const below = draws(options.seed);
  const path = join(folder, "run.safetensors");
  try {
    // Only a program that ends by itself leaves what it compiled.
    await start("first.safetensors", 1, 1).ended;
    for (let kills = 0; ; ) {
      const isKilled = kills < options.kills;
      const { child, printed, ended } = start("run.safetensors", length, isKilled ? 5 : 1);
      if (isKilled) {
        // By lines, so that a fast machine does not come to the end before the last kill.
        await printed(1 + below(2));
        await new Promise((done) => setTimeout(done, below(15)));
        child.kill("SIGKILL");
      }
      const { signal, code, output } = await ended;
      if (signal === null) {
        if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`);
        return { kills, bits: output.trim().split("bits:\n")[1] };
      }
      kills++;
      if (existsSync(path)) await options.afterKill(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Ended {
  readonly signal: string | null;
  readonly code: number | null;
  readonly output: string;
}
function observed(child: ChildProcess): {
  child: ChildProcess;
  /** It has written so many lines, or ended. */
  printed(lines: number): Promise<void>;
  ended: Promise<Ended>;
} {
  let output = "";
  child.stdout!.on("data", (text) => (output += text));
  const printed = (lines: number) =>
    new Promise<void>((done) => {
      const look = () => output.split("\n").length > lines && done();
      child.stdout!.on("data", look);
      child.once("exit", () => done());
      look();
    });
  child.stderr!.on("data", (text) => (output += text));
  const ended = new Promise<Ended>((done) =>
    child.once("close", (code, signal) => done({ code, signal, output })),
  );
  return { child, printed, ended };
}

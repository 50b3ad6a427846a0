/** A peer's process, seen from the main one: it stays alive and answers one request at a time. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Reply, Request } from "./child/protocol.ts";
import type { Asked } from "./compare.ts";
import type { Peer } from "./peers/peers.ts";

/** For starting, and the runs that a request may take: then the process is ended. */
const START_MS = 60_000;
const RUNS = 10;
/** Lines of a crashed process that are looked through for what went wrong. */
const LAST_LINES = 40;

export class PeerProcess implements Asked {
  readonly peer: Peer;
  readonly threads: number;
  version = "";
  #child: ChildProcess | undefined;
  #answer: ((reply: Reply) => void) | undefined;
  #crashes = 0;

  constructor(peer: Peer, threads: number) {
    this.peer = peer;
    this.threads = threads;
  }

  async ask(request: Request): Promise<Reply> {
    if (!this.#child) {
      if (this.#crashes >= 3) return { error: "its process has crashed three times" };
      const first = await this.#reply(START_MS, () => this.#start());
      if (!("ready" in first)) return first;
      this.version = first.ready.version;
    }
    if (request.workload.kind === "startUp") return startUp(this.peer);
    return this.#reply(RUNS * request.limit, () =>
      this.#child!.stdin!.write(`${JSON.stringify(request)}\n`),
    );
  }

  stop(): void {
    this.#child?.kill();
    this.#child = undefined;
  }

  #reply(patience: number, trigger: () => void): Promise<Reply> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.stop();
        resolve({ cannot: `no result within ${patience / 1000} s` });
      }, patience);
      this.#answer = (reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      trigger();
    });
  }

  #start(): void {
    const { file, args, env } = this.peer.command(this.threads);
    const child = spawn(file, args, { env: { ...process.env, ...env } });
    this.#child = child;
    const lastLines: string[] = [];
    createInterface(child.stdout).on("line", (line) => {
      // Libraries write notices of their own to stdout.
      if (line.startsWith("{")) this.#answer?.(JSON.parse(line));
    });
    createInterface(child.stderr).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > LAST_LINES) lastLines.shift();
    });
    const ended = (how: string): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#crashes++;
      this.#answer?.({ error: `its process ended: ${how}${complaint(lastLines)}` });
    };
    child.on("error", (error) => ended(error.message));
    child.on("close", (code, signal) => ended(signal ?? `exit code ${code}`));
    // A process that has just died: "close" says so.
    child.stdin.on("error", () => {});
  }
}

/** In a process that ends afterwards. */
async function startUp(peer: Peer): Promise<Reply> {
  if (!peer.startUp) return { cannot: "nothing to start" };
  const { file, args, env } = peer.startUp();
  try {
    const options = { env: { ...process.env, ...env }, timeout: START_MS };
    const { stdout } = await promisify(execFile)(file, [...args], options);
    return JSON.parse(stdout.split("\n").find((line) => line.startsWith("{"))!);
  } catch (error) {
    const lines = (error as Error).message.split("\n");
    return { error: `its process ended${complaint(lines)}` };
  }
}

/** The line that names an error, without the trace around it. */
function complaint(lines: readonly string[]): string {
  const line = lines.findLast((l) => /^\w*(Error|Exception)\b/.test(l)) ?? lines.at(-1);
  return line ? `, ${line}` : "";
}

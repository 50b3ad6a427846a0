import { parentPort } from "node:worker_threads";
import { agree, readings } from "./printed.ts";

/** Compares what an example computes with its `// =>` comments. Imported by the modules made of examples. */
export class Checks {
  #file: string;
  /** Expected text by line, of the comments that were not reached yet. */
  #unseen: Map<number, string>;
  #expected: ReadonlyMap<number, string>;
  #pending: Promise<void>[] = [];

  constructor(file: string, expected: readonly (readonly [line: number, text: string])[]) {
    this.#file = file;
    this.#expected = new Map(expected);
    this.#unseen = new Map(expected);
  }

  /** The values of one line: one, or all arguments of a `console.log`. Awaited by the example where it can. */
  check(line: number, evaluate: () => Promise<unknown[]>): Promise<void> {
    this.#unseen.delete(line);
    const done = this.#compare(line, this.#expected.get(line) as string, evaluate());
    done.catch(() => {}); // reported by whoever awaits it first: the example, or finish()
    this.#pending.push(done);
    return done;
  }

  /** At the end of an example: waits for comparisons that nobody awaited, and misses those not reached. */
  async finish(): Promise<void> {
    await Promise.all(this.#pending);
    for (const [line, text] of this.#unseen) this.#fail(line, `never got to "// => ${text}"`);
    parentPort?.postMessage("finished");
  }

  async #compare(line: number, expected: string, values: Promise<unknown[]>): Promise<void> {
    const [, error] = /^throws\b\s*(.*)/s.exec(expected) ?? [];
    if (error !== undefined) {
      const thrown = await values.then(
        () => this.#fail(line, `expected it to throw ${error}, but nothing was thrown`),
        String,
      );
      if (!thrown.includes(error)) this.#fail(line, `expected it to throw ${error}, not ${thrown}`);
      return;
    }
    const shown = await values.then((all) => Promise.all(all.map(readings)));
    const actual = shown.length === 1 ? shown[0] : [shown.map(([text]) => text).join(" ")];
    if (actual.some((text) => agree(expected, text))) return;
    this.#fail(line, `expected ${expected}, got ${actual[0]}`);
  }

  #fail(line: number, message: string): never {
    throw new Error(`${this.#file}:${line}: ${message}`);
  }
}

/** A peer's process: reads requests from its input, and answers on its output. */
import { createInterface } from "node:readline";
import { answering, type Builders } from "./answer.ts";
import type { Reply, Request } from "./protocol.ts";

export async function serve(version: string, builders: Builders): Promise<void> {
  const say = (reply: Reply) => process.stdout.write(`${JSON.stringify(reply)}\n`);
  say({ ready: { version } });
  const answer = answering(builders);
  for await (const line of createInterface(process.stdin)) {
    const request: Request = JSON.parse(line);
    say(await answer(request));
  }
  process.exit(0);
}

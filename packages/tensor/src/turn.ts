import type { Backend } from "./backend.ts";

/** Growth of a backend's memory, in bytes or in buffers, after which the event loop is given a turn. */
const TURN_BYTES = 8 * 2 ** 20;
const TURN_BUFFERS = 1000;
interface Level {
  readonly live: number;
  readonly buffers: number;
}
const atLastTurn = new WeakMap<Backend, Level>();

/**
 * Finalizers run in macrotasks only, and a loop of awaited reads never leaves the microtasks. So after some growth a read
 * waits for one.
 */
export async function breathe(backend: Backend): Promise<void> {
  const { live, buffers } = backend.memory();
  const before = atLastTurn.get(backend);
  if (!before || live < before.live || buffers < before.buffers)
    atLastTurn.set(backend, { live, buffers });
  else if (live >= before.live + TURN_BYTES || buffers >= before.buffers + TURN_BUFFERS) {
    await macrotask();
    atLastTurn.set(backend, backend.memory());
  }
}

/** By a message, which unlike a timer is not slowed down in nested calls or hidden tabs. */
export const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

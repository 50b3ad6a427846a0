import type { Backend } from "./backend.ts";

/** Growth of a backend's memory after which the event loop is given a turn. */
const TURN_BYTES = 8 * 2 ** 20;
const liveAtLastTurn = new WeakMap<Backend, number>();

/**
 * Finalizers run in macrotasks only, and a loop of awaited reads never leaves the microtasks. So after some megabytes of
 * growth a read waits for one.
 */
export async function breathe(backend: Backend): Promise<void> {
  const { live } = backend.memory();
  const before = liveAtLastTurn.get(backend) ?? 0;
  if (live < before + TURN_BYTES) {
    liveAtLastTurn.set(backend, Math.min(before, live));
    return;
  }
  await macrotask();
  liveAtLastTurn.set(backend, backend.memory().live);
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

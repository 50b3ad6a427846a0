/** Calls `fn`, and `done` when it has returned or thrown; if it returns a promise, when that has settled. */
export function afterwards<T>(fn: () => T, done: () => void): T {
  let isPending = false;
  try {
    const result = fn();
    isPending = result instanceof Promise;
    return isPending ? ((result as Promise<unknown>).finally(done) as T) : result;
  } finally {
    if (!isPending) done();
  }
}

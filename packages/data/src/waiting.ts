import { DlError } from "@dl/tensor/core";

/** @internal What stands for a batch when there are no more. */
export const END = Symbol("end");

/** @internal The same promise, but an error after so many seconds, if any. `what` is waited for. */
export function withinTime<T>(
  value: T | Promise<T>,
  seconds: number,
  what: () => string,
): T | Promise<T> {
  if (!(value instanceof Promise) || seconds === 0) return value;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new DlError(
            "data",
            `DataLoader: ${what()} did not come within ${seconds} seconds (timeout): the dataset waits for something, ` +
              "a file, the network, a thread; or it needs more time than that",
          ),
        ),
      seconds * 1000,
    );
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The suite: cases by name, run under any test runner that has `describe` and `it`. */
import type { Backend, DType } from "@dl/tensor";
import { kernelCases } from "./kernels.ts";
import { opCases } from "./ops.ts";
import { expectFailure, type SuiteOptions } from "./runner.ts";

export interface BackendSuiteOptions extends SuiteOptions {
  /**
   * The device may take operands below 1.2·10⁻³⁸ for 0, as WebGPU allows: functions of two operands are not tried with
   * them. Default false.
   */
  flushesSubnormals?: boolean;
}

export interface Case {
  readonly name: string;
  /** Dtypes without which it does not apply. */
  readonly needs: readonly DType[];
  run(backend: Backend): void | Promise<void>;
}

/**
 * Puts a backend through everything: each kernel on every layout against an oracle, each op with its gradient, memory,
 * reproducibility, and the whole table of ops once more without overrides and without synchronous reads.
 *
 * @param make gives the backend to test; called once.
 */
export function testBackend(
  name: string,
  make: () => Backend | Promise<Backend>,
  options: BackendSuiteOptions,
): void {
  const { describe, it, knownFailures = {}, flushesSubnormals = false } = options;
  let made: Promise<Backend> | undefined;
  const backend = () => (made ??= Promise.resolve(make()));
  const add = (prefix: string, cases: readonly Case[], adapt: (backend: Backend) => Backend) => {
    describe(`${name}: ${prefix}`, () => {
      for (const c of cases) {
        const reason = knownFailures[c.name];
        it(reason ? `${c.name} (known failure: ${reason})` : c.name, async () => {
          const tested = adapt(await backend());
          if (!c.needs.every((d) => tested.dtypes.has(d))) return;
          if (!reason) return c.run(tested);
          return expectFailure(c.name, reason, () => c.run(tested));
        });
      }
    });
  };
  add("kernels", kernelCases(flushesSubnormals), (b) => b);
  add("ops", opCases(), (b) => b);
  add("ops without overrides", opCases(), withoutOverrides);
  add("ops without synchronous reads", opCases(), withoutSyncReads);
}

/** Composite ops decompose. */
export const withoutOverrides = (backend: Backend): Backend =>
  replacing(backend, { overrides: new Map() });

/** As on a device that cannot be waited for. */
export const withoutSyncReads = (backend: Backend): Backend =>
  replacing(backend, { readSync: undefined });

/** The same backend, with some members replaced. Methods keep their own `this`. */
function replacing(backend: Backend, members: Partial<Backend>): Backend {
  return new Proxy(backend, {
    get(target, key) {
      if (key in members) return members[key as keyof Backend];
      const value = target[key as keyof Backend];
      return typeof value === "function"
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    },
  });
}

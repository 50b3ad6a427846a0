/** Checks by name, under any test runner that has `describe` and `it`. */

export interface Runner {
  describe(name: string, fn: () => void): void;
  it(name: string, fn: () => void | Promise<void>): void;
}

export interface SuiteOptions extends Runner {
  /** Known failures, by case name, each with its reason. One that passes after all fails the run. */
  knownFailures?: Readonly<Record<string, string>>;
}

export interface Check {
  readonly name: string;
  run(): void | Promise<void>;
}

/** One group of tests. A known failure that names no check is an error, too: it would hide nothing, for ever. */
export function runChecks(title: string, checks: readonly Check[], options: SuiteOptions): void {
  const { describe, it, knownFailures = {} } = options;
  const names = new Set(checks.map((c) => c.name));
  const unknown = Object.keys(knownFailures).filter((name) => !names.has(name));
  describe(title, () => {
    for (const { name, run } of checks) {
      const reason = knownFailures[name];
      if (reason === undefined) it(name, run);
      else it(`${name} (known failure: ${reason})`, () => expectFailure(name, reason, run));
    }
    if (unknown.length > 0)
      it("known failures", () => {
        throw new Error(
          `knownFailures names what is no check: ${unknown.join(", ")}. The checks are ${[...names].join(", ")}`,
        );
      });
  });
}

export async function expectFailure(
  name: string,
  reason: string,
  run: () => void | Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new Error(
    `"${name}" is listed as a known failure (${reason}) but passes: remove it from the list`,
  );
}

/** Runs a suite without a test runner, and says what each check found. */
import type { SuiteOptions } from "@dl/conformance";

/** The message of each check, by its name; null where it passes. */
export async function verdicts(
  suite: (runner: Pick<SuiteOptions, "describe" | "it">) => void,
): Promise<Record<string, string | null>> {
  const checks: [name: string, run: () => void | Promise<void>][] = [];
  suite({ describe: (_, fn) => fn(), it: (name, run) => checks.push([name, run]) });
  const found: Record<string, string | null> = {};
  for (const [name, run] of checks) {
    try {
      await run();
      found[name] = null;
    } catch (error) {
      found[name] = (error as Error).message;
    }
  }
  return found;
}

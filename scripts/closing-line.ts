import type { Reporter, TestModule, Vitest } from "vitest/node";

/**
 * Prints `N passed, N failed` (and `, N skipped` if some were) as the last line of a test run.
 *
 * Files that do not load, hooks that fail and errors outside of any test count as failed, so the line
 * agrees with the exit code. A run without a passed or failed test fails, unless `--passWithNoTests`.
 */
export default class ClosingLine implements Reporter {
  #vitest!: Vitest;
  #modules: readonly TestModule[] = [];

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    // vitest still prints its summary, and what happens while workers close, after the last test.
    process.once("exit", () => this.#close());
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    this.#modules = modules;
  }

  #close(): void {
    let passed = 0;
    let skipped = 0;
    let failed = this.#vitest.state.getUnhandledErrors().length;
    for (const module of this.#modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "skipped") skipped++;
        else failed++; // "pending" too: its worker died, or somebody pressed Ctrl-C
      }
    }
    const empty = passed + failed === 0 && !this.#vitest.config.passWithNoTests;
    if (failed > 0 || empty) process.exitCode ||= 1;
    process.stdout.write(
      `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
    );
  }
}

import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

/** Under this export condition packages of the workspace see each other's TypeScript source. */
const source = "@dl/source";

export default defineConfig({
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts", "examples/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    // `gc()` for tests of memory; the condition for workers and programs that tests start.
    execArgv: ["--expose-gc", `--conditions=${source}`],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "./scripts/closing-line.ts"],
  },
});

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { chromiumLaunch, HOW_TO_GET_ONE } from "./scripts/chromium.ts";

/** Under this export condition packages of the workspace see each other's TypeScript source. */
const source = "@dl/source";

const BROWSER_TESTS = "tests/browser/**/*.test.ts";

const node: TestProjectInlineConfiguration = {
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    name: "node",
    include: ["{packages,examples}/*/src/**/*.test.ts", "{tests,benchmarks/src}/**/*.test.ts"],
    exclude: [BROWSER_TESTS, "**/node_modules/**"],
    environment: "node",
    pool: "forks",
    // `gc()` for tests of memory; the condition for workers and programs that tests start.
    execArgv: ["--expose-gc", `--conditions=${source}`],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};

/** With these headers a page is cross-origin isolated: it has memory that threads share. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

declare module "vitest" {
  interface ProvidedContext {
    /** Whether the page has been served so that it is cross-origin isolated. */
    isolated: boolean;
  }
}

const launch = chromiumLaunch({ webgpu: true });
if (!launch) console.warn(`No Chromium here, so nothing is tested in a browser. ${HOW_TO_GET_ONE}`);

const browser = (name: string, isolated: boolean): TestProjectInlineConfiguration => ({
  resolve: {
    conditions: [source, ...defaultClientConditions],
    alias: { "node:fs": join(import.meta.dirname, "tests/browser/fs.ts") },
  },
  server: { headers: isolated ? ISOLATION : {} },
  test: {
    name,
    include: [BROWSER_TESTS],
    provide: { isolated },
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { ...launch, args: [...launch!.args, "--js-flags=--expose-gc"] },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
});

export default defineConfig({
  test: {
    // vitest leaves a core to itself, of two every other one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: launch ? [node, browser("isolated", true), browser("not-isolated", false)] : [node],
    reporters: ["default", "./scripts/closing-line.ts"],
  },
});

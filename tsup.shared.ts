import { defineConfig, type Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Leaves imports between a package's files as they are, so that every source file becomes one of its own. */
const keepModules: Plugin = {
  name: "keep-modules",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true },
    );
  },
};

/**
 * How every package is built: ESM, file by file, and declarations of the entries. Bundlers leave out files that a page
 * does not need; of what lies in one file they are less sure.
 */
export function library(entry: string[] = ["src/index.ts"]): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: ["src/**/*.ts", "!src/**/*.test.ts", "!src/**/testing.ts", "!src/**/scratch/**"],
    esbuildPlugins: [keepModules],
    splitting: false,
    format: ["esm"],
    target: "es2023",
    platform: "neutral",
    // tsup drops the prefix of "node:fs" otherwise, and then nothing tells it from a package.
    removeNodeProtocol: false,
    external: [/^node:/],
    dts: { entry },
    sourcemap: true,
    clean: true,
  });
}

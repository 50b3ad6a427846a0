import { defineConfig } from "tsup";

/** How every package is built: ESM and declarations, one file per entry and the chunks that entries share. */
export function library(entry: string[] = ["src/index.ts"]): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ["esm"],
    target: "es2023",
    platform: "neutral",
    // tsup drops the prefix of "node:fs" otherwise, and then nothing tells it from a package.
    removeNodeProtocol: false,
    external: [/^node:/],
    dts: true,
    sourcemap: true,
    clean: true,
  });
}

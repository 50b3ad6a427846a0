import { rmSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

type EsbuildPlugin = NonNullable<Options["esbuildPlugins"]>[number];
type Plugin = NonNullable<Options["plugins"]>[number];

/** Leaves imports between a package's files as they are, so that every source file becomes one of its own. */
const keepModules: EsbuildPlugin = {
  name: "keep-modules",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true },
    );
  },
};

/**
 * Gives classes back their names, which users see in printed models and in errors. One that mentions itself comes out as
 * `var Sequential = class _Sequential`. A space takes the place of the underscore, so source maps stay true.
 */
const classNames: Plugin = {
  name: "class-names",
  renderChunk(code) {
    for (const [, outer, inner] of code.matchAll(/([\w$]+)\s*=\s*class _([\w$]+)/g)) {
      if (outer !== inner) throw new Error(`class ${inner} is called ${outer} in the build`);
      code = code.replace(new RegExp(`(?<![\\w$.])_${inner}(?![\\w$])`, "g"), ` ${inner}`);
    }
    return { code };
  },
};

const common: Options = {
  format: ["esm"],
  target: "es2023",
  platform: "neutral",
  // tsup drops the prefix of "node:fs" otherwise, and then nothing tells it from a package.
  removeNodeProtocol: false,
  external: [/^node:/],
  plugins: [classNames],
  sourcemap: true,
};

/**
 * How every package is built, twice. `dist/` has a file for each source file, for bundlers: they leave out files that a
 * page does not need; of what lies in one file they are less sure. `dist/bundled/` has one file for each entry and what
 * entries share, for Node (the export condition "node"), where every file costs half a millisecond at the start.
 */
export function library(entry: string[] = ["src/index.ts"]): ReturnType<typeof defineConfig> {
  rmSync("dist", { recursive: true, force: true });
  return defineConfig([
    {
      ...common,
      entry: ["src/**/*.ts", "!src/**/*.test.ts", "!src/**/testing.ts", "!src/**/scratch/**"],
      esbuildPlugins: [keepModules],
      splitting: false,
      // For `[Symbol.dispose]`, which a project may have no types of.
      dts: { entry, banner: '/// <reference lib="esnext.disposable" />' },
    },
    {
      ...common,
      entry,
      outDir: "dist/bundled",
      esbuildOptions: (options) => {
        options.minifyWhitespace = options.minifySyntax = true;
      },
    },
  ]);
}

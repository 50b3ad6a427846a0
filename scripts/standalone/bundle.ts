import { join } from "node:path";
import { build } from "vite";

/**
 * Bundles programs as for browsers, where packages are taken file by file and what nobody uses is left out: what packages
 * say about side effects has to be true. Gives the names of the bundles, which Node can run.
 */
export async function bundle(folder: string, programs: readonly string[]): Promise<string[]> {
  if (programs.length === 0) return [];
  await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: "bundled",
      target: "esnext",
      modulePreload: false,
      minify: false,
      rollupOptions: {
        input: programs.map((name) => join(folder, name)),
        external: /^node:/, // of what checks values
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
  return programs.map((name) => `bundled/${name}`);
}

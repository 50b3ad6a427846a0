import { defaultClientConditions, defineConfig } from "vite";

/** `vite --mode not-isolated`: how the page does on a site that sends no headers. */
export const NOT_ISOLATED = "not-isolated";

/** With these a page is cross-origin isolated, and the CPU backend may share memory between threads. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig(({ mode }) => {
  const headers = mode === NOT_ISOLATED ? undefined : ISOLATION;
  return {
    // The folder may lie anywhere on a site.
    base: "./",
    // The packages of this repository from their sources.
    resolve: { conditions: ["@dl/source", ...defaultClientConditions] },
    worker: { format: "es" },
    build: { target: "es2023" },
    server: { headers },
    preview: { headers },
  };
});

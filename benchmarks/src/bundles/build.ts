/** An entry program as one minified file, as a page would load it. */
import { fileURLToPath } from "node:url";
import { defaultClientConditions, build as viteBuild } from "vite";

export async function build(entry: URL): Promise<string> {
  const result = await viteBuild({
    configFile: false,
    logLevel: "error",
    // Our packages from their sources.
    resolve: { conditions: ["@dl/source", ...defaultClientConditions] },
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      target: "es2023",
      rolldownOptions: {
        input: fileURLToPath(entry),
        preserveEntrySignatures: "strict",
      },
    },
  });
  const { output } = [result].flat()[0] as Exclude<typeof result, any[]> & { output: any[] };
  // What is loaded at once; parts that are loaded when something else is used do not count.
  const chunks = new Map(output.filter((o) => o.type === "chunk").map((o) => [o.fileName, o]));
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    chunks.get(name).imports.forEach(load);
  };
  for (const chunk of chunks.values()) if (chunk.isEntry) load(chunk.fileName);
  return [...loaded].map((name) => chunks.get(name).code).join("\n");
}

/** How large a page's script is: ours and the same with the peers. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "./build.ts";

export interface Size {
  readonly program: "mlp" | "cnn";
  readonly library: string;
  readonly minified: number;
  readonly gzip: number;
  readonly brotli: number;
}

/** What a page that trains an MLP with ours may load, compressed with gzip. */
const MLP_LIMIT = 60_000;
export const isTooLarge = ({ program, library, gzip }: Size): boolean =>
  program === "mlp" && library === "ours" && gzip > MLP_LIMIT;

const ENTRIES = [
  { program: "mlp", library: "ours", file: "mlp.ts" },
  { program: "mlp", library: "tfjs", file: "tfjs-mlp.ts" },
  { program: "mlp", library: "jax-js", file: "jax-mlp.ts" },
  { program: "cnn", library: "ours", file: "cnn.ts" },
  { program: "cnn", library: "tfjs", file: "tfjs-cnn.ts" },
] as const;

export async function sizes(wanted: (name: string, library: string) => boolean): Promise<Size[]> {
  const found: Size[] = [];
  for (const { program, library, file } of ENTRIES) {
    if (!wanted(`bundle-${program}`, library)) continue;
    const code = await build(new URL(`./entries/${file}`, import.meta.url));
    found.push({
      program,
      library,
      minified: Buffer.byteLength(code),
      gzip: gzipSync(code, { level: 9 }).length,
      brotli: brotliCompressSync(code).length,
    });
  }
  return found;
}

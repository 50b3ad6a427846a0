import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "../bundles/build.ts";

/** Our side as one file: reading a hundred sources and stripping their types is nothing a user waits for. */
export async function bundleOurs(): Promise<void> {
  mkdirSync(new URL("../../results/", import.meta.url), { recursive: true });
  writeFileSync(OURS, await build(new URL("./ours.ts", import.meta.url)));
}
export const OURS = fileURLToPath(new URL("../../results/start-up.mjs", import.meta.url));

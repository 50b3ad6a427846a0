/** Writes docs/coverage.md. */
import { writeFileSync } from "node:fs";
import { coverage } from "./table.ts";

const { text, ...lists } = coverage();
writeFileSync(new URL("../../docs/coverage.md", import.meta.url), text);
for (const [what, list] of Object.entries(lists))
  if (list.length > 0) console.log(`${what}, ${list.length}:\n  ${list.join("\n  ")}`);

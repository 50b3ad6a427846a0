/** What each transform of images does, as a sheet of samples. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { sheet, svg } from "./sheet.ts";

setBackend(cpu());
manualSeed(Number(process.argv[3] ?? 0));

const file = resolve(process.argv[2] ?? resolve(import.meta.dirname, "../out/augmentation.svg"));
const samples = sheet();
for (const name of samples.names) console.log(name);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, await svg(samples));
console.log(`\nwrote ${relative(process.cwd(), file)}: a row of samples for each of these`);

import { writeFileSync } from "node:fs";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { sheet, svg } from "./sheet.ts";

setBackend(cpu());
manualSeed(Number(process.argv[3] ?? 0));

const file = process.argv[2] ?? "augmentation.svg";
const samples = sheet();
for (const name of samples.names) console.log(name);
writeFileSync(file, svg(samples));
console.log(`\n${samples.names.length} rows of samples are in ${file}`);

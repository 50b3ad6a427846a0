import { modules } from "./module.ts";
import { replay } from "./replay.ts";

replay(modules("embeddings"));

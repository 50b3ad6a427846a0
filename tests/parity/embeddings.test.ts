import { testModules } from "./module.ts";

testModules("embeddings");

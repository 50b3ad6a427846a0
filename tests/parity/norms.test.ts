import { testModules } from "./module.ts";

testModules("norms");

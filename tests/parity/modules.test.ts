import { testModules } from "./module.ts";

testModules("modules");

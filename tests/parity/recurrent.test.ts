import { testModules } from "./module.ts";

testModules("recurrent");

import { testModules } from "./module.ts";

testModules("activations");

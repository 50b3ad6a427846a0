/** Everything of `core.ts`, and tensors with all methods. */
import { addMethods } from "./methods.ts";

addMethods();

export * from "./core.ts";

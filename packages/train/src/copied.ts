import { isTensor, unscoped } from "@dl/tensor/core";
import { unrecorded } from "./modes.ts";

/** With copies of the tensors, and of the objects and arrays around them. */
export function copied<T>(x: T): T {
  if (isTensor(x)) return unrecorded(() => unscoped(() => x.detach().clone())) as T;
  if (Array.isArray(x)) return x.map(copied) as T;
  if (typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype)
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, copied(v)])) as T;
  return x;
}

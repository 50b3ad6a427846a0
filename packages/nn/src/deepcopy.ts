/** Modules with everything in their fields, once more. */
import { DlError, isTensor, type Tensor, unscoped } from "@dl/tensor/core";
import { Buffer, isBuffer } from "./buffer.ts";
import { isModule, Module } from "./module.ts";
import { isParameter, Parameter } from "./parameter.ts";
import { quietly } from "./quiet.ts";
import { copyDerivations } from "./utils/derived.ts";

/** What stands for what: shared tensors and modules are shared by the copies, too. */
type Copies = Map<unknown, unknown>;

/** Another module like it; modules inside that have a `deepcopy` of their own are asked. */
export function deepcopyOf<M extends Module>(module: M, copies: Copies = new Map()): M {
  requireNoPrivateMembers(module);
  const other = module.blank();
  copies.set(module, other);
  for (const key of Reflect.ownKeys(module)) {
    const descriptor = Object.getOwnPropertyDescriptor(module, key)!;
    if ("value" in descriptor) descriptor.value = copied(descriptor.value, copies);
    Object.defineProperty(other, key, descriptor);
  }
  copyDerivations(module, other);
  return other;
}

function copied(x: unknown, copies: Copies): unknown {
  if (copies.has(x)) return copies.get(x);
  if (isModule(x)) {
    if (x.deepcopy === Module.prototype.deepcopy) return deepcopyOf(x, copies);
    const other = x.deepcopy();
    copies.set(x, other);
    return other;
  }
  if (typeof x !== "object" || x === null) return x;
  if (isTensor(x)) {
    const other = copiedTensor(x);
    copies.set(x, other);
    return other;
  }
  const filled = <C>(empty: C, fill: (c: C) => void): C => {
    copies.set(x, empty);
    fill(empty);
    return empty;
  };
  const again = <T>(y: T): T => copied(y, copies) as T;
  if (Array.isArray(x)) return filled([] as unknown[], (c) => c.push(...x.map(again)));
  if (x instanceof Set)
    return filled(new Set<unknown>(), (c) => {
      for (const y of x) c.add(again(y));
    });
  if (x instanceof Map)
    return filled(new Map<unknown, unknown>(), (c) => {
      for (const [k, y] of x) c.set(k, again(y));
    });
  const prototype = Object.getPrototypeOf(x);
  if (prototype !== Object.prototype && prototype !== null) return x;
  return filled(Object.create(prototype) as Record<string, unknown>, (c) => {
    for (const [k, y] of Object.entries(x)) c[k] = again(y);
  });
}
function copiedTensor(t: Tensor): Tensor {
  return quietly(() =>
    unscoped(() => {
      const data = t.detach().clone();
      const other = isParameter(t)
        ? new Parameter(data)
        : isBuffer(t)
          ? new Buffer(data, { persistent: t.persistent })
          : data;
      if (t.isLeaf) other.requiresGrad = t.requiresGrad;
      if (t.grad) other.grad = t.grad.detach().clone();
      if (other !== data) data.dispose();
      return other;
    }),
  );
}

const ownCode = new WeakMap<object, string | null>();
/** Of a class the first private member that it declares; seen only where they have not been compiled away. */
function privateMember(Class: object): string | null {
  let found = ownCode.get(Class);
  if (found === undefined) {
    const code = Function.prototype.toString
      .call(Class)
      .replace(
        /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`/g,
        "",
      );
    found = /#[\w$]+/.exec(code)?.[0] ?? null;
    ownCode.set(Class, found);
  }
  return found;
}
function requireNoPrivateMembers(module: Module): void {
  for (
    let Class: object = module.constructor;
    Class !== Module && typeof Class === "function";
    Class = Object.getPrototypeOf(Class)
  ) {
    const member = privateMember(Class);
    if (member)
      throw new DlError(
        "value",
        `deepcopy: ${(Class as { name: string }).name} has the private member ${member}, which only its constructor can make: make it "private" without #, or write a method deepcopy()`,
      );
  }
}

/**
 * States as JSON and tensors. What JSON cannot say is an object with one key that starts with a dollar sign:
 * `{ "$tensor": "model.weight" }` for a tensor of the file, `{ "$number": "NaN" }`, `{ "$bigint": "7" }`,
 * `{ "$undefined": true }`. Keys that start with one anyway get a second.
 */
import { DlError, isTensor, scope, type Tensor, unscoped } from "@dl/tensor/core";
import { quote } from "../bytes.ts";

/** No state is so deep; what is goes round in circles, or is meant to exhaust the stack. */
const MAX_DEPTH = 100;

const SPECIAL: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

/**
 * The JSON of a state; its tensors go to `tensors` as copies, under their paths.
 *
 * @param where path and name of the tensors: `optimizer.state.0.exp_avg`.
 */
export function pack(value: unknown, where: string, tensors: Map<string, Tensor>, op: string): any {
  const walk = (value: unknown, path: string, depth: number): unknown => {
    const wrong = (what: string) => new DlError("value", `${op}: ${path.slice(0, 200)} ${what}`);
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (value === undefined) return { $undefined: true };
    if (typeof value === "bigint") return { $bigint: String(value) };
    if (typeof value === "number") {
      const isSpecial = !Number.isFinite(value) || Object.is(value, -0);
      return isSpecial ? { $number: Object.is(value, -0) ? "-0" : String(value) } : value;
    }
    if (isTensor(value)) {
      let name = path;
      // { "a.b": t } and { a: { b: t } } have one path.
      for (let i = 2; tensors.has(name); i++) name = `${path}~${i}`;
      tensors.set(name, copyOf(value));
      return { $tensor: name };
    }
    if (typeof value !== "object") {
      throw wrong(`is a ${typeof value}, which cannot be saved`);
    }
    if (depth >= MAX_DEPTH) {
      throw wrong(`lies ${MAX_DEPTH} deep: a state that contains itself cannot be saved`);
    }
    if (Array.isArray(value)) {
      return Array.from(value, (x, i) => walk(x, `${path}.${i}`, depth + 1));
    }
    const prototype = Object.getPrototypeOf(value);
    // A plain object of another realm has another Object.prototype, above which there is nothing either.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      throw wrong(
        `is a ${value.constructor?.name ?? "class instance"}: tensors, numbers, text, lists and plain objects can be saved`,
      );
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, x]) => [
        key.startsWith("$") ? `$${key}` : key,
        walk(x, `${path}.${key}`, depth + 1),
      ]),
    );
  };
  return walk(value, where, 0);
}

/** The state that `pack` made this JSON of. Names of tensors that it refers to go to `used`. */
export function unpack(
  json: unknown,
  where: string,
  tensors: Readonly<Record<string, Tensor>>,
  used: Set<string>,
  file: string,
): unknown {
  const walk = (json: unknown, path: string, depth: number): unknown => {
    const wrong = (what: string) => new DlError("data", `${file}: ${quote(path)} ${what}`);
    if (typeof json !== "object" || json === null) return json;
    if (depth >= MAX_DEPTH) throw wrong(`lies ${MAX_DEPTH} deep, which no state does`);
    if (Array.isArray(json)) return json.map((x, i) => walk(x, `${path}.${i}`, depth + 1));
    const entries = Object.entries(json);
    const [mark, content] = entries[0] ?? [];
    if (!mark?.startsWith("$") || mark.startsWith("$$")) {
      return Object.fromEntries(
        entries.map(([key, x]) => {
          const name = key.startsWith("$$") ? key.slice(1) : key;
          if (key.startsWith("$") && name === key) throw wrong(`has the key ${quote(key)}`);
          return [name, walk(x, `${path}.${name}`, depth + 1)];
        }),
      );
    }
    if (entries.length === 1) {
      if (mark === "$undefined" && content === true) return undefined;
      if (mark === "$number" && typeof content === "string" && Object.hasOwn(SPECIAL, content)) {
        return SPECIAL[content];
      }
      if (mark === "$bigint" && typeof content === "string" && /^-?\d{1,1000}$/.test(content)) {
        return BigInt(content);
      }
      if (mark === "$tensor" && typeof content === "string") {
        if (!Object.hasOwn(tensors, content)) {
          throw wrong(`is the tensor ${quote(content)}, which is missing`);
        }
        used.add(content);
        return tensors[content];
      }
    }
    throw wrong(
      `is neither a value nor one of $tensor, $number, $bigint and $undefined: ${quote(mark)}`,
    );
  };
  return walk(json, where, 0);
}

/** A state that no later change of the first reaches. */
export function copy(value: unknown): unknown {
  if (isTensor(value)) return copyOf(value);
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, copy(x)]));
}

const copyOf = (t: Tensor): Tensor => unscoped(() => scope(() => t.detach().clone()));

/** Where a state has text or a list in the place of a number that the part has now: `lr is text, a number is expected`. */
export function mismatches(own: unknown, given: unknown, path: string): string[] {
  if (typeof own === "number") {
    const fits = ["number", "bigint", "undefined"].includes(typeof given);
    if (fits || given === null || isTensor(given)) return [];
    return [`${path} is ${kind(given)}, a number is expected`];
  }
  if (Array.isArray(own)) {
    if (!Array.isArray(given))
      return given ? [`${path} is ${kind(given)}, a list is expected`] : [];
    // Long lists are of one kind, such as the words of a generator.
    const found = own.findIndex((x, i) => i < given.length && mismatches(x, given[i], "").length);
    return found < 0 ? [] : mismatches(own[found], given[found], `${path}.${found}`);
  }
  if (!isPlain(own)) return [];
  if (!isPlain(given)) return [`${path} is ${kind(given)}, an object is expected`];
  return Object.entries(own).flatMap(([key, x]) =>
    Object.hasOwn(given, key) ? mismatches(x, given[key], `${path}.${key}`) : [],
  );
}
const isPlain = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x) && !isTensor(x);
const kind = (x: unknown): string =>
  x === null || x === undefined
    ? "missing"
    : isTensor(x)
      ? "a tensor"
      : Array.isArray(x)
        ? "a list"
        : typeof x === "object"
          ? "an object"
          : typeof x === "string"
            ? `the text ${quote(x)}`
            : `a ${typeof x}`;

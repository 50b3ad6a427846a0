/** How a value reads in `// => VALUE`: tensors as nested lists, text as it is at the top and quoted inside. */
export async function printed(value: unknown, nested = false): Promise<string> {
  value = await value;
  if (typeof value === "string") return nested ? JSON.stringify(value) : value;
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    return String(value);
  }
  if (isTensor(value)) return printed(await value.tolist(), true);
  if (isListLike(value)) {
    return `[${(await Promise.all(Array.from(value, (v) => printed(v, true)))).join(", ")}]`;
  }
  if (hasOwnText(value)) return String(value);
  if (typeof value === "function") return `[function ${value.name}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const fields = await Promise.all(
    entries.map(async ([k, v]) => `${k}: ${await printed(v, true)}`),
  );
  return fields.length > 0 ? `{ ${fields.join(", ")} }` : "{}";
}

/** Every way in which documentation may show a value: a tensor also by its text, text also in quotes. */
export async function readings(value: unknown): Promise<string[]> {
  value = await value;
  const all = [await printed(value)];
  if (typeof value === "string") all.push(JSON.stringify(value));
  if (isTensor(value) && hasOwnText(value)) all.push(String(value));
  return all;
}

/**
 * Whether two printed values are the same: text verbatim but for white space, numbers within 1e-4 of each
 * other, relatively. Whole numbers on both sides are counts, and equal only when they are equal; beside a
 * written 0, rounding errors pass.
 */
export function agree(expected: string, actual: string): boolean {
  const [wanted, got] = [normal(expected), normal(actual)];
  if (wanted.replace(NUMBER, "#") !== got.replace(NUMBER, "#")) return false;
  const numbers = got.match(NUMBER) ?? [];
  return (wanted.match(NUMBER) ?? []).every((text, i) => close(text, numbers[i]));
}

const NUMBER = /(?<![\w.])-?(?:\d+(?:\.\d*)?(?:e[-+]?\d+)?|Infinity|NaN)(?!\w)/g;

function close(expected: string, actual: string): boolean {
  const [e, a] = [Number(expected), Number(actual)];
  if (e === a || (Number.isNaN(e) && Number.isNaN(a))) return true;
  if (!Number.isFinite(e - a)) return false;
  if (/^-?\d+$/.test(expected) && /^-?\d+$/.test(actual)) return false;
  return Math.abs(e - a) <= (e === 0 ? 1e-7 : 1e-4 * Math.max(Math.abs(e), Math.abs(a)));
}

const normal = (text: string): string =>
  text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/ ?([[\](){}<>,:]) ?/g, "$1")
    .replace(/,([\])}])/g, "$1");

const isTensor = (value: unknown): value is { tolist(): unknown } =>
  typeof (value as { tolist?: unknown } | null)?.tolist === "function";

const isListLike = (value: object): value is ArrayLike<unknown> | Set<unknown> =>
  Array.isArray(value) ||
  value instanceof Set ||
  (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** Whether a class says how its values read (modules do, and errors). */
const hasOwnText = (value: object): boolean =>
  value.toString !== Object.prototype.toString && value.toString !== Function.prototype.toString;

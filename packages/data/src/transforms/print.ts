/** Values as Python prints them. */

export const float = (x: number): string => (Number.isInteger(x) ? `${x}.0` : String(x));
export const list = (values: readonly number[], print: (x: number) => string = String): string =>
  `[${values.map(print).join(", ")}]`;
export const tuple = (values: readonly number[], print: (x: number) => string = String): string =>
  `(${values.map(print).join(", ")})`;

type Value = string | number | boolean | null | undefined | readonly number[];

/** `a=1, b=True`; null is left out. */
export const fields = (values: Record<string, Value>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${printed(value)}`)
    .join(", ");
function printed(value: Value): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return Array.isArray(value) ? list(value) : String(value);
}

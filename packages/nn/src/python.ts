/** Values as Python prints them, for the printed form of modules. */

/** A float: `0.5`, `1.0`, `1e-05`. */
export function float(x: number | null): string {
  if (x === null) return "None";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return x.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

export const bool = (x: boolean): string => (x ? "True" : "False");

/** A whole number, a tuple of them, or None. */
export function tuple(x: number | null | readonly (number | null)[]): string {
  if (x === null) return "None";
  if (typeof x === "number") return String(x);
  return `(${x.map(tuple).join(", ")}${x.length === 1 ? "," : ""})`;
}

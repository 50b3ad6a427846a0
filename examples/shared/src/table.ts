/** Rows under headings, in columns as wide as they need: the first to the left, the others to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const all = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, c) => Math.max(...all.map((row) => row[c].length)));
  const lines = all.map((row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join("   ")
      .trimEnd(),
  );
  const rule = "─".repeat(widths.reduce((a, b) => a + b + 3, -3));
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

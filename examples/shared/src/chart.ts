/** Dots of a Braille character, by row and column in it. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** A line chart for the terminal, drawn in Braille dots: two by four to a character. */
export function chart(values: readonly number[], { width = 64, height = 10 } = {}): string {
  const columns = Math.min(2 * width, values.length);
  const rows = 4 * height;
  // The mean of the values that fall into each column.
  const line = Array.from({ length: columns }, (_, c) => {
    const from = Math.floor((c * values.length) / columns);
    const part = values.slice(from, Math.floor(((c + 1) * values.length) / columns));
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
  const finite = line.filter(Number.isFinite);
  if (finite.length === 0) return "(no finite values to draw)";
  const top = Math.max(...finite);
  const bottom = Math.min(0, ...finite);
  const rowOf = (value: number): number =>
    Math.round(((top - value) / (top - bottom || 1)) * (rows - 1));

  const cells = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  for (const [c, value] of line.entries()) {
    if (!Number.isFinite(value)) continue;
    const x = columns < 2 ? 0 : Math.round((c * (2 * width - 1)) / (columns - 1));
    const next = Number.isFinite(line[c + 1]) ? rowOf(line[c + 1]) : rowOf(value);
    const [high, low] = [Math.min(rowOf(value), next), Math.max(rowOf(value), next)];
    for (let y = high; y <= low; y++) cells[y >> 2][x >> 1] |= DOTS[y & 3][x & 1];
  }
  const label = (row: number): string => {
    if (row === 0) return top.toFixed(3);
    return row === height - 1 ? bottom.toFixed(3) : "";
  };
  const pad = Math.max(top.toFixed(3).length, bottom.toFixed(3).length);
  return cells
    .map((row, i) => {
      const dots = String.fromCharCode(...row.map((dot) => 0x2800 + dot));
      return `${label(i).padStart(pad)} ┤${dots.replace(/⠀+$/, "")}`;
    })
    .join("\n");
}

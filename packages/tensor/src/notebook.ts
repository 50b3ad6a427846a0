/** How notebooks show a tensor: JupyterLab with Deno's kernel, and whatever else asks for `Symbol.for("Jupyter.display")`. */
import { isFloating } from "./dtype.ts";
import { formatFor, shownPositions } from "./print.ts";
import type { Tensor } from "./tensor.ts";

/** A row or a column has so many cells at most; of longer ones the ends are shown. */
const MOST = 12;

/** By media type: a table of what has one dimension or two, text of everything. */
export async function display(t: Tensor): Promise<Record<string, string>> {
  if (t.released !== null || t.rank === 0 || t.rank > 2 || t.numel === 0) {
    return { "text/plain": textOf(t) };
  }
  const values = await t.data();
  const [rows, columns] = t.rank === 1 ? [1, t.shape[0]] : t.shape;
  const [down, across] = [
    shownPositions(rows, rows > MOST),
    shownPositions(columns, columns > MOST),
  ];
  const at = (i: number, j: number) => values[i * columns + j];
  const shown = down.flatMap((i) =>
    across.flatMap((j) => (i === null || j === null ? [] : [at(i, j)])),
  );
  const text =
    t.dtype === "bool"
      ? (x: number) => (x ? "True" : "False")
      : formatFor(shown, isFloating(t.dtype));
  const cell = (i: number | null, j: number | null) =>
    `<td style="text-align: right">${i === null || j === null ? "…" : text(at(i, j)).trim()}</td>`;
  const head = across.map((j) => `<th>${j ?? "…"}</th>`).join("");
  const body = down.map((i) => {
    const name = t.rank === 1 ? "" : `<th>${i ?? "…"}</th>`;
    return `<tr>${name}${across.map((j) => cell(i, j)).join("")}</tr>`;
  });
  const corner = t.rank === 1 ? "" : "<th></th>";
  const sizes = t.shape.join(" × ");
  return {
    "text/plain": textOf(t),
    "text/html": `<table><caption>${sizes}, ${t.dtype}, ${t.device.name}</caption><thead><tr>${corner}${head}</tr></thead><tbody>${body.join("")}</tbody></table>`,
  };
}

const textOf = (t: Tensor): string =>
  (t as unknown as Record<symbol, () => string>)[Symbol.for("nodejs.util.inspect.custom")]();

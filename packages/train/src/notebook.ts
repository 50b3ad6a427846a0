import type { History } from "./history.ts";

/** How notebooks show a history: a row per epoch. */
export function display(history: History<any>): Record<string, string> {
  const columns = history.columns();
  const names = Object.keys(columns);
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const cell = (x: number) =>
    `<td style="text-align: right">${Number.isInteger(x) ? x : Number.isNaN(x) ? "" : x.toPrecision(4)}</td>`;
  const head = names.map((name) => `<th>${escaped(name)}</th>`).join("");
  const body = history.epochs.map(
    (_, i) => `<tr>${names.map((n) => cell(columns[n][i])).join("")}</tr>`,
  );
  const stopped = history.stopped === null ? "" : `<p>${escaped(history.stopped)}</p>`;
  return {
    "text/plain": [names, ...history.epochs.map((_, i) => names.map((n) => columns[n][i]))]
      .map((row) => row.join("\t"))
      .join("\n"),
    "text/html": `<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>${stopped}`,
  };
}

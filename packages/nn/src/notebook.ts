import type { Module } from "./module.ts";

/** How notebooks show a module: as it is printed, and how many parameters there are of which size. */
export function display(module: Module): Record<string, string> {
  const rows = [...module.namedParameters()].map(([name, p]) => ({ name, p }));
  const total = rows.reduce((n, { p }) => n + p.numel, 0);
  const row = ({ name, p }: (typeof rows)[number]) =>
    `<tr><td>${escaped(name)}</td><td>${p.shape.join(" × ")}</td><td>${p.dtype}</td><td style="text-align: right">${p.numel.toLocaleString("en")}</td></tr>`;
  const table = `<table><caption>${total.toLocaleString("en")} parameters</caption><tbody>${rows.map(row).join("")}</tbody></table>`;
  const text = String(module);
  return {
    "text/plain": text,
    "text/html": `<pre>${escaped(text)}</pre>${rows.length > 0 ? table : ""}`,
  };
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

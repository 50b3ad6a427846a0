import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { expect, test } from "vitest";
import { Linear, ReLU, Sequential } from "./index.ts";

setBackend(cpu());
const display = (x: any): Record<string, string> => x[Symbol.for("Jupyter.display")]();

test("in a notebook a module is what it prints, and a table of its parameters", () => {
  const model = new Sequential(new Linear(3, 2), new ReLU(), new Linear(2, 1000));
  const { "text/plain": text, "text/html": html } = display(model);
  expect(text).toBe(String(model));
  expect(html).toMatch(/^<pre>Sequential\(\n/);
  expect(html).toContain("<caption>3,008 parameters</caption>");
  expect(html).toContain("<td>2.weight</td><td>1000 × 2</td><td>float32</td>");
  expect(display(new ReLU())["text/html"]).toBe("<pre>ReLU()</pre>");
});

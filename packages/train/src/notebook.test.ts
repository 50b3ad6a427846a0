import { expect, test } from "vitest";
import { History } from "./index.ts";

test("in a notebook a history is a table, a row per epoch", () => {
  const history = new History<any>();
  const record = {
    ...{ lr: 0.1, lrs: [0.1], seconds: 2, examples: 100, examplesPerSecond: 50, batches: 4 },
    ...{ complete: true, validation: null },
  };
  history.epochs.push({ ...record, epoch: 1, loss: 0.512345, metrics: { "a<b": 0.5 } });
  history.epochs.push({ ...record, epoch: 2, loss: 0.25, metrics: {} });
  history.stopped = "no progress";
  const { "text/html": html, "text/plain": text } = (history as any)[
    Symbol.for("Jupyter.display")
  ]();
  const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
  );
  expect(rows[0]).toEqual(["epoch", "loss", "a&lt;b", "lr", "seconds", "examplesPerSecond"]);
  expect(rows[1]).toEqual(["1", "0.5123", "0.5000", "0.1000", "2", "50"]);
  expect(rows[2].slice(0, 3)).toEqual(["2", "0.2500", ""]);
  expect(html).toContain("<p>no progress</p>");
  expect(text.split("\n")[1]).toBe("1\t0.512345\t0.5\t0.1\t2\t50");
});

import { cpu } from "@dl/backend-cpu";
import { arange, scope, setBackend, type Tensor, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";

setBackend(cpu());

const display = (t: Tensor): Promise<Record<string, string>> =>
  (t as any)[Symbol.for("Jupyter.display")]();
const html = async (t: Tensor): Promise<string> => (await display(t))["text/html"];
const cells = async (t: Tensor): Promise<string[][]> =>
  [...(await html(t)).matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, text]) => text),
  );

describe("in a notebook", () => {
  test("a matrix is a table with its shape, in the digits of print", async () => {
    const t = tensor([
      [1, 2.5],
      [-3, 0],
    ]);
    expect(await cells(t)).toEqual([
      ["", "0", "1"],
      ["0", "1.0000", "2.5000"],
      ["1", "-3.0000", "0.0000"],
    ]);
    expect(await html(t)).toMatch(/<caption>2 × 2, float32, cpu/);
    expect((await display(t))["text/plain"]).toBe(String(t));
  });
  test("a vector is a row", async () => {
    const [head, row] = await cells(tensor([true, false]));
    expect([head, row]).toEqual([
      ["0", "1"],
      ["True", "False"],
    ]);
  });
  test("of what is large the edges are shown", async () => {
    const rows = await cells(arange(20 * 30).reshape(20, 30));
    expect(rows[0]).toEqual(["", "0", "1", "2", "…", "27", "28", "29"]);
    expect(rows.map((r) => r[0])).toEqual(["", "0", "1", "2", "…", "17", "18", "19"]);
    expect(rows.at(-1)?.at(-1)).toBe("599");
    expect(rows[4]).toEqual(["…", ...Array(7).fill("…")]);
  });
  test.each<[string, () => Tensor]>([
    ["a number", () => tensor(3)],
    ["an image", () => zeros(3, 2, 2)],
    ["nothing", () => zeros(0, 3)],
  ])("%s is text", async (_, make) =>
    expect(await display(make())).toEqual({ "text/plain": String(make()) }),
  );
  test("what was released says so", async () => {
    let t: Tensor | undefined;
    scope(() => {
      t = zeros(2);
    });
    expect((await display(t!))["text/plain"]).toMatch(/released by/);
  });
});

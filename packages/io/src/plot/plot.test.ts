import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arange, DlError, tensor, zeros } from "@dl/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { renderPng, savePicture } from "../node.ts";
import {
  confusionMatrixChart,
  contourChart,
  histogramChart,
  imageSheet,
  lineChart,
  type Picture,
  precisionRecallChart,
  reliabilityChart,
  renderSvg,
  rocChart,
} from "../plot.ts";
import "../testing.ts";

const valuesOf = (spec: Picture, name?: string): any[] =>
  name ? (spec.datasets as any)[name] : (spec.data as any).values;

/** What an SVG says of itself: its texts, its axes, and how many marks of which kind it has. */
async function drawn(spec: Picture) {
  const svg = await renderSvg(spec);
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg.endsWith("</svg>")).toBe(true);
  // Nothing but numbers and texts: no coordinate is NaN, no field is missing.
  expect(svg).not.toMatch(/NaN|undefined|\[object/);
  const all = (pattern: RegExp) => [...svg.matchAll(pattern)].map((m) => m[1]);
  return {
    svg,
    texts: all(/<text[^>]*>([^<]*)<\/text>/g),
    axes: all(/aria-label="([XY]-axis[^"]*)"/g),
    legends: all(/aria-label="([^"]*legend[^"]*)"/g),
    /** Marks of a kind that are no part of axes and legends. */
    marks: (kind: string) => all(new RegExp(`(aria-roledescription="${kind}")`, "g")).length,
    /** Points of each line. */
    lines: all(/aria-roledescription="line mark"[^>]*?d="([^"]*)"/g).map(
      (d) => (d.match(/[ML]/g) ?? []).length,
    ),
  };
}

describe("lineChart", () => {
  test("draws a list as one line over its steps, without a legend", async () => {
    const { axes, lines, legends } = await drawn(lineChart([3, 2, 1]));
    expect(axes[0]).toMatch(
      /^X-axis titled 'step' for a linear scale with values from 0\.?0? to 2/,
    );
    expect(axes[1]).toMatch(/^Y-axis titled 'loss' for a linear scale with values from 1/);
    expect(lines).toEqual([3]);
    expect(legends).toEqual([]);
  });
  test("draws runs by name, in their order, with steps of their own", async () => {
    const spec = lineChart(
      { sgd: { x: [10, 20], y: [1, 2] }, adam: new Float32Array([1, 0.5, 0.25]) },
      { title: "Runs", xLabel: "epoch", yLabel: "error" },
    );
    expect(valuesOf(spec)).toEqual([
      { name: "sgd", x: 10, y: 1 },
      { name: "sgd", x: 20, y: 2 },
      { name: "adam", x: 0, y: 1 },
      { name: "adam", x: 1, y: 0.5 },
      { name: "adam", x: 2, y: 0.25 },
    ]);
    const { texts, axes, lines, legends } = await drawn(spec);
    expect(texts).toContain("Runs");
    expect(axes.map((a) => /'(.*)'/.exec(a)?.[1])).toEqual(["epoch", "error"]);
    expect(legends[0]).toMatch(/values: sgd, adam/);
    expect(lines).toEqual([2, 3]);
  });
  test("smooths as TensorBoard does, and keeps what was measured behind it", async () => {
    const spec = lineChart([1, 0, Number.NaN, 0], { smoothing: 0.5 });
    expect(valuesOf(spec).map((v) => v.y)).toEqual([1, 0, null, 0]);
    // (0.5·0.5) / 0.75; then, past the gap, 0.125 / 0.875.
    const smooth = valuesOf(spec).map((v) => v.smooth);
    expect(smooth[0]).toBe(1);
    expect(smooth[1]).toBeCloseTo(1 / 3, 12);
    expect(smooth[2]).toBe(null);
    expect(smooth[3]).toBeCloseTo(1 / 7, 12);
    expect((await drawn(spec)).marks("line mark")).toBe(2);
  });
  test("has gaps where numbers are not finite, or not on a logarithmic axis", async () => {
    const values = [1, Number.NaN, 10, Infinity, 0, -1, 100];
    const shown = valuesOf(lineChart(values, { logScale: true })).map((v) => v.y);
    expect(shown).toEqual([1, null, 10, null, null, null, 100]);
    const { axes } = await drawn(lineChart(values, { logScale: true }));
    expect(axes[1]).toMatch(/for a log scale with values from 1 to 100/);
  });
  test("draws nothing of nothing", async () => {
    expect((await drawn(lineChart([]))).lines).toEqual([]);
  });
  test("refuses what is no curve", () => {
    expect(() => lineChart({})).toThrow(/a list of numbers is wanted, or several by name/);
    expect(() => lineChart({ a: [1], b: "x" as any })).toThrow(/"b" is not: a list of numbers/);
    expect(() => lineChart({ x: [1, 2], y: [1] })).toThrow(/x has 2, y has 1 numbers/);
    expect(() => lineChart([1], { smoothing: 1 })).toThrow(/smoothing is 1/);
  });
});

describe("confusionMatrixChart", () => {
  const matrix = [
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ];
  const labels = ["cat", "dog", "owl"];
  test("has a cell per pair, true classes down and predicted ones across", async () => {
    const spec = confusionMatrixChart(matrix, { labels });
    expect(valuesOf(spec).slice(0, 4)).toEqual([
      { true: "cat", predicted: "cat", count: 8, value: 8 },
      { true: "cat", predicted: "dog", count: 2, value: 2 },
      { true: "cat", predicted: "owl", count: 0, value: 0 },
      { true: "dog", predicted: "cat", count: 1, value: 1 },
    ]);
    const { axes, texts, marks } = await drawn(spec);
    expect(axes[0]).toMatch(
      /^X-axis titled 'predicted class' for a discrete scale with 3 values: cat, dog, owl/,
    );
    expect(axes[1]).toMatch(
      /^Y-axis titled 'true class' for a discrete scale with 3 values: cat, dog, owl/,
    );
    expect(marks("rect mark")).toBe(9);
    for (const text of ["8", "2", "9"]) expect(texts).toContain(text);
  });
  test.each<["true" | "pred" | "all", (number | null)[]]>([
    ["true", [0.8, 0.2, 0, 0.1, 0.9, 0, null, null, null]],
    ["pred", [8 / 9, 2 / 11, null, 1 / 9, 9 / 11, null, 0, 0, null]],
    ["all", [0.4, 0.1, 0, 0.05, 0.45, 0, 0, 0, 0]],
  ])("as shares: %s", async (normalize, expected) => {
    const spec = confusionMatrixChart(matrix, { labels, normalize });
    expect(valuesOf(spec).map((v) => v.value)).toEqual(expected);
    const { axes, texts } = await drawn(spec);
    // A class without a share keeps its row.
    expect(axes[1]).toMatch(/3 values: cat, dog, owl/);
    expect(texts).not.toContain("null");
  });
  test("refuses what is no matrix of the labels", () => {
    expect(() => confusionMatrixChart([])).toThrow(/a square matrix is wanted/);
    expect(() => confusionMatrixChart([[1, 2]])).toThrow(/got 1 rows of 2/);
    expect(() => confusionMatrixChart([[1]], { labels: ["a", "b"] })).toThrow(/1 different labels/);
    expect(() => confusionMatrixChart(matrix, { labels: ["a", "a", "b"] })).toThrow(DlError);
  });
});

describe("rocChart and precisionRecallChart", () => {
  const roc = { fpr: [0, 0, 0.5, 0.5, 1], tpr: [0, 0.5, 0.5, 1, 1] };
  test("give the area below each curve, and the diagonal", async () => {
    const spec = rocChart({ net: roc, coin: { fpr: [0, 1], tpr: [0, 1] } });
    const { axes, legends, lines } = await drawn(spec);
    expect(axes[0]).toMatch(/^X-axis titled 'false positive rate' .* values from 0\.0 to 1\.0/);
    expect(axes[1]).toMatch(/^Y-axis titled 'true positive rate' .* values from 0\.0 to 1\.0/);
    expect(legends[0]).toMatch(/net \(area 0\.750\), coin \(area 0\.500\)/);
    expect(lines).toEqual([2, 5, 2]);
  });
  test("take the curve of a class without positives, which has no rate", async () => {
    const spec = rocChart({ fpr: [0, 1], tpr: [Number.NaN, Number.NaN] });
    expect(valuesOf(spec, "curves").map((v) => v.tpr)).toEqual([null, null]);
    await renderSvg(spec);
  });
  test("give the average precision, and steps", async () => {
    const spec = precisionRecallChart({
      precision: [0.5, 2 / 3, 0.5, 1, 1],
      recall: [1, 1, 0.5, 0.5, 0],
    });
    expect(valuesOf(spec).map((v) => v.recall)).toEqual([1, 1, 0.5, 0.5, 0]);
    const { axes, legends } = await drawn(spec);
    expect(axes.map((a) => /'(.*)'/.exec(a)?.[1])).toEqual(["recall", "precision"]);
    // 0.5 · 2/3 + 0.5 · 1, which is scikit-learn's number.
    expect(legends[0]).toMatch(/\(average 0\.833\)/);
  });
  test("refuse lists of different lengths, and other curves", () => {
    expect(() => rocChart({ fpr: [0, 1], tpr: [0] })).toThrow(/fpr has 2, tpr has 1/);
    expect(() => rocChart({ a: { precision: [1], recall: [1] } as any })).toThrow(
      /"a" is not: a curve with fpr and tpr/,
    );
    expect(() => precisionRecallChart(roc as any)).toThrow(/a curve with precision and recall/);
  });
});

describe("reliabilityChart", () => {
  const bins = {
    edges: [0, 0.25, 0.5, 1],
    counts: [2, 0, 6],
    predicted: [0.1, Number.NaN, 0.75],
    observed: [0, Number.NaN, 0.5],
  };
  test("has a bar and a dash for each bin that has samples", async () => {
    const spec = reliabilityChart(bins);
    expect(valuesOf(spec, "bins")).toEqual([
      { from: 0, to: 0.25, count: 2, share: 0.25, predicted: 0.1, observed: 0 },
      { from: 0.5, to: 1, count: 6, share: 0.75, predicted: 0.75, observed: 0.5 },
    ]);
    const { axes, marks, legends } = await drawn(spec);
    expect(axes.map((a) => /'(.*)'/.exec(a)?.[1])).toEqual([
      "predicted probability",
      "how often it came true",
    ]);
    expect([marks("bar"), marks("rule mark"), marks("line mark")]).toEqual([2, 2, 1]);
    expect(legends[0]).toMatch(/share of samples/);
  });
  test("refuses lists that do not belong together", () =>
    expect(() => reliabilityChart({ ...bins, edges: [0, 1] })).toThrow(
      /edges without the last has 1/,
    ));
});

describe("histogramChart", () => {
  test("counts in bins that all lists share, the last with its upper limit", async () => {
    const spec = histogramChart({ a: [0, 1, 4], b: [2] }, { bins: 2 });
    expect(valuesOf(spec)).toEqual([
      { name: "a", from: 0, to: 2, count: 2 },
      { name: "a", from: 2, to: 4, count: 1 },
      { name: "b", from: 0, to: 2, count: 0 },
      { name: "b", from: 2, to: 4, count: 1 },
    ]);
    const { marks, axes } = await drawn(spec);
    expect(marks("bar")).toBe(4);
    expect(axes[0]).toMatch(/^X-axis titled 'value' for a linear scale with values from 0/);
  });
  test("says how many numbers are not finite", async () => {
    const spec = histogramChart([1, Number.NaN, 2, Infinity], { bins: 2, xLabel: "weight" });
    expect(valuesOf(spec).map((v) => v.count)).toEqual([1, 1]);
    expect((await drawn(spec)).axes[0]).toMatch(/'weight \(2 not finite\)'/);
  });
  test("takes equal numbers, none, and more than fit on a stack", async () => {
    expect(valuesOf(histogramChart([5, 5], { bins: 2 })).map((v) => v.count)).toEqual([0, 2]);
    expect(valuesOf(histogramChart([], { bins: 2 })).map((v) => v.count)).toEqual([0, 0]);
    await drawn(histogramChart({ none: [Number.NaN], some: [1] }));
    await drawn(histogramChart([]));
    expect(valuesOf(histogramChart(new Float32Array(300_000))).length).toBe(30);
  });
  test("refuses no bins", () =>
    expect(() => histogramChart([1], { bins: 0 })).toThrow(/bins is 0/));
});

describe("imageSheet", () => {
  const size = (url: string) => {
    const png = Buffer.from(url.slice("data:image/png;base64,".length), "base64");
    return [png.readUInt32BE(16), png.readUInt32BE(20), png[25]];
  };
  test("has the images in rows, enlarged, with their labels", async () => {
    const labels = ["a", "b", "c"];
    const spec = await imageSheet(zeros(3, 3, 4, 5), { labels, columns: 2, scale: 10 });
    const values = valuesOf(spec);
    expect(values.map((v) => [v.x, v.y, v.label])).toEqual([
      [0, 0, "a"],
      [1, 0, "b"],
      [0, 1, "c"],
    ]);
    expect(values.map((v) => size(v.url))).toEqual(Array(3).fill([50, 40, 2]));
    const { texts, marks, svg } = await drawn(spec);
    expect(texts).toEqual(labels);
    expect(marks("image mark")).toBe(3);
    expect(svg).toContain(values[0].url);
  });
  test("takes the channels wherever they are, and makes the same of them", async () => {
    const t = arange(2 * 3 * 2 * 2)
      .div(24)
      .reshape(2, 3, 2, 2);
    const [a, b] = await Promise.all([
      imageSheet(t),
      imageSheet(t.permute(0, 2, 3, 1), { dataformats: "NHWC" }),
    ]);
    expect(valuesOf(a)).toEqual(valuesOf(b));
  });
  test("stretches all images alike, or each of its own", async () => {
    const t = tensor([[[-1, 1]], [[0, 0.5]], [[3, 3]]]);
    const urls = async (normalize: "none" | "all" | "each") =>
      valuesOf(await imageSheet(t, { normalize, scale: 1 })).map((v) => v.url);
    const gray = async (rows: number[][]) =>
      valuesOf(
        await imageSheet(tensor(rows, { dtype: "uint8" }).reshape(3, 1, 2), { scale: 1 }),
      ).map((v) => v.url);
    expect(await urls("none")).toEqual(
      await gray([
        [0, 255],
        [0, 127],
        [255, 255],
      ]),
    );
    expect(await urls("all")).toEqual(
      await gray([
        [0, 127],
        [63, 95],
        [255, 255],
      ]),
    );
    expect(await urls("each")).toEqual(
      await gray([
        [0, 255],
        [0, 255],
        [0, 0],
      ]),
    );
  });
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["one image", () => imageSheet(zeros(4, 4)), /N, H?.*the tensor is \[4, 4\]/],
    ["filters of many channels", () => imageSheet(zeros(2, 64, 3, 3)), /weight.narrow\(1, 0, 1\)/],
    ["no images", () => imageSheet(zeros(0, 1, 2, 2)), /\[0, 1, 2, 2\]/],
    ["other labels", () => imageSheet(zeros(2, 2, 2), { labels: ["a"] }), /2 images and 1 labels/],
    ["no columns", () => imageSheet(zeros(2, 2, 2), { columns: 0 }), /columns is 0/],
  ])("refuses %s", async (_, call, message) => {
    await expect(call()).rejects.toThrow(DlError);
    await expect(call()).rejects.toThrow(message);
  });
});

describe("contourChart", () => {
  const bowl = (x: number, y: number) => x * x + y * y;
  const square = { xRange: [-2, 2], yRange: [-2, 2] } as const;
  test("has lines at their heights, joined, and paths in their order", async () => {
    const paths = {
      SGD: [
        [1, 1],
        [0.5, 0.5],
      ],
      Adam: { x: [1, 0, 0], y: [1, 1, 0] },
    } as const;
    const spec = contourChart(bowl, paths, { ...square, levels: [1, 2] });
    const contours = valuesOf(spec, "contours");
    // Circles: every point has its height, up to the grid's distance squared, and each is one closed line.
    for (const { x, y, level } of contours)
      expect(Math.abs(bowl(x, y) - level)).toBeLessThan(0.002);
    expect(new Set(contours.map((c) => c.line)).size).toBe(2);
    const first = contours.filter((c) => c.line === 0);
    expect([first[0].x, first[0].y]).toEqual([first.at(-1).x, first.at(-1).y]);
    expect(valuesOf(spec, "paths").map((p) => [p.name, p.i, p.x, p.y])).toEqual([
      ["SGD", 0, 1, 1],
      ["SGD", 1, 0.5, 0.5],
      ["Adam", 0, 1, 1],
      ["Adam", 1, 0, 1],
      ["Adam", 2, 0, 0],
    ]);
    const { lines, legends, axes } = await drawn(spec);
    expect(lines.slice(-2)).toEqual([2, 3]);
    expect(legends[0]).toMatch(/values: SGD, Adam/);
    expect(axes[0]).toMatch(/^X-axis titled 'x' .* from −2 to 2$/);
  });
  test("divides a saddle by its middle", () => {
    // Along x·y = 0.1 and x·y = −0.1 there are two branches each; none may cross to the other.
    for (const level of [0.1, -0.1]) {
      const spec = contourChart(
        (x, y) => x * y,
        {},
        { ...square, levels: [level], resolution: 12 },
      );
      const contours = valuesOf(spec, "contours");
      const lines = new Set(contours.map((c) => c.line));
      expect(lines.size).toBe(2);
      for (const line of lines) {
        const points = contours.filter((c) => c.line === line);
        expect(new Set(points.map((p) => Math.sign(p.x))).size).toBe(1);
      }
    }
  });
  test("chooses heights that lie closer further down, and what the paths need", () => {
    const spec = contourChart(
      bowl,
      {
        a: [
          [0, 0],
          [1, 2],
        ],
      },
      { levels: 4 },
    );
    const heights = [...new Set(valuesOf(spec, "contours").map((c) => c.level))];
    expect(heights.length).toBe(4);
    const gaps = heights.slice(1).map((h, i) => h - heights[i]);
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    const x = valuesOf(spec, "contours").map((c) => c.x);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(-0.2);
    expect(Math.max(...x)).toBeLessThanOrEqual(1.2);
  });
  test("survives a path that flies away, a function with holes, and a flat one", async () => {
    await renderSvg(
      contourChart(bowl, {
        a: [
          [0, 0],
          [Infinity, 1],
          [Number.NaN, 0],
        ],
      }),
    );
    await renderSvg(contourChart((x, y) => Math.log(x) + y, {}, square));
    expect(
      valuesOf(
        contourChart(() => 1),
        "contours",
      ),
    ).toEqual([]);
  });
  test("refuses impossible options and paths", () => {
    expect(() => contourChart(bowl, {}, { xRange: [1, 1] })).toThrow(/xRange is 1 to 1/);
    expect(() => contourChart(bowl, {}, { levels: 0 })).toThrow(/levels is 0/);
    expect(() => contourChart(bowl, {}, { resolution: 1 })).toThrow(/resolution is 1/);
    expect(() => contourChart(bowl, { a: [[1, 2, 3]] as any })).toThrow(/the path "a" is no list/);
    expect(() => contourChart(bowl, { a: { x: [1], y: [] } })).toThrow(/"a": lists of one length/);
  });
});

describe("pictures", () => {
  const spec = lineChart([2, 1], { title: "T", width: 100, height: 50 });
  test("are plain JSON", () => {
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    expect(spec).toMatchObject({ title: "T", width: 100, height: 50 });
  });
  test("stay as they are when they are drawn", async () => {
    const before = JSON.stringify(spec);
    await renderSvg(spec);
    expect(JSON.stringify(spec)).toBe(before);
    expect(Object.getOwnPropertySymbols(valuesOf(spec)[0])).toEqual([]);
  });
  test("are shown by notebooks", () => {
    const display = (spec as any)[Symbol.for("Jupyter.display")]();
    expect(display).toEqual({ "application/vnd.vegalite.v5+json": spec });
  });
  test("of one's own are drawn too", async () => {
    const own = { data: { values: [{ a: 1 }] }, mark: "point", encoding: {} };
    expect(await renderSvg(own)).toContain("<svg");
    await expect(renderSvg({ mark: 3 } as any)).rejects.toThrow(DlError);
  });

  const folder = mkdtempSync(join(tmpdir(), "dl-plot-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  test("are saved as SVG, PNG and JSON", async () => {
    await savePicture(path("a.svg"), spec);
    expect(readFileSync(path("a.svg"), "utf8")).toBe(await renderSvg(spec));
    await savePicture(path("a.json"), spec);
    expect(JSON.parse(readFileSync(path("a.json"), "utf8"))).toEqual(spec);
    await savePicture(path("a.png"), spec, { scale: 2 });
    const png = readFileSync(path("a.png"));
    const [, width] = /width="(\d+)"/.exec(await renderSvg(spec))!;
    expect(png.readUInt32BE(16)).toBe(2 * Number(width));
    expect(Buffer.from(await renderPng(spec, { scale: 2 })).equals(png)).toBe(true);
  });
  test("are not saved under other endings, or at other sizes", async () => {
    await expect(savePicture(path("a.pdf"), spec)).rejects.toThrow(/ends in .pdf; known are .svg/);
    await expect(renderPng(spec, { scale: 0 })).rejects.toThrow(/scale is 0/);
    expect(existsSync(path("a.pdf"))).toBe(false);
  });
});

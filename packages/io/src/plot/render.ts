import { DlError } from "@dl/tensor/core";
import type { Picture } from "./picture.ts";

/**
 * Draws a picture as SVG: text, for a file, a web page or a notebook. Works in Node and in browsers, without a canvas.
 * Needs `vega` and `vega-lite`: `npm install vega vega-lite`.
 *
 * @param spec what the functions beside it give, or a Vega-Lite specification of your own.
 * @see https://vega.github.io/vega-lite/
 *
 * @example
 * const svg = await renderSvg(lineChart([3, 2, 1], { title: "Training" }));
 * svg.includes(">Training<") // => true
 */
export async function renderSvg(
  spec: Picture | Readonly<Record<string, unknown>>,
): Promise<string> {
  const missing = (cause: Error): never => {
    throw new DlError(
      "value",
      `renderSvg: vega and vega-lite are needed for pictures: npm install vega vega-lite (${cause.message})`,
      { cause },
    );
  };
  // A `catch` on each: bundlers then let pass that one is not there.
  const [vega, { compile }] = await Promise.all([
    import("vega").catch(missing),
    import("vega-lite").catch(missing),
  ]);
  try {
    // A copy: Vega leaves marks of its own on the data.
    const own = JSON.parse(JSON.stringify(spec)) as Parameters<typeof compile>[0];
    const compiled = compile(own).spec;
    const view = new vega.View(vega.parse(compiled), { renderer: "none" });
    try {
      return await view.toSVG();
    } finally {
      view.finalize();
    }
  } catch (cause) {
    const { message } = cause as Error;
    throw new DlError("value", `renderSvg: the specification cannot be drawn: ${message}`, {
      cause,
    });
  }
}

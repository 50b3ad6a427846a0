import { extname } from "node:path";
import { DlError } from "@dl/tensor/core";
import type { Picture } from "../plot/picture.ts";
import { renderSvg } from "../plot/render.ts";
import { writing } from "./files.ts";

export interface RenderPngOptions {
  /** Pixels of the image per pixel of the picture: 2 for screens of high density and for print. Default 1. */
  scale?: number;
}

/**
 * Draws a picture as PNG. Needs `vega`, `vega-lite` and `sharp`: `npm install vega vega-lite sharp`.
 *
 * @param picture a specification, or SVG.
 *
 * @example
 * const png = await renderPng(`<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>`);
 * png[1] // => 80
 */
export async function renderPng(
  picture: Picture | Readonly<Record<string, unknown>> | string,
  { scale = 1 }: RenderPngOptions = {},
): Promise<Uint8Array> {
  const svg = typeof picture === "string" ? picture : await renderSvg(picture);
  if (!(scale > 0 && scale <= 20)) {
    throw new DlError(
      "value",
      `renderPng: scale is ${scale}, more than 0 and at most 20 is wanted`,
    );
  }
  const { default: sharp } = await import("sharp").catch((cause) => {
    throw new DlError("value", `renderPng: sharp is needed: npm install sharp (${cause.message})`, {
      cause,
    });
  });
  // 72 dots an inch is one per pixel.
  return new Uint8Array(
    await sharp(new TextEncoder().encode(svg), { density: 72 * scale })
      .png()
      .toBuffer(),
  );
}

/**
 * Draws a picture into a file: `.svg`, `.png`, or `.json` for the specification itself. The file appears when all of it
 * is written.
 *
 * @throws DlError with code `data` where the file cannot be written, `value` for another ending.
 *
 * @example
 * ```ts no-run: writes a file
 * import { lineChart } from "@dl/io/plot";
 *
 * await savePicture("loss.svg", lineChart([3, 2, 1]));
 * ```
 */
export async function savePicture(
  path: string,
  picture: Picture | Readonly<Record<string, unknown>>,
  options: RenderPngOptions = {},
): Promise<void> {
  const text = new TextEncoder();
  const formats: Record<string, () => Promise<Uint8Array>> = {
    ".svg": async () => text.encode(await renderSvg(picture)),
    ".png": () => renderPng(picture, options),
    ".json": async () => text.encode(JSON.stringify(picture, null, 2)),
  };
  const ending = extname(path).toLowerCase();
  if (!Object.hasOwn(formats, ending)) {
    throw new DlError(
      "value",
      `savePicture: ${path} ends in ${ending || "nothing"}; known are ${Object.keys(formats).join(", ")}`,
    );
  }
  await writing(path, [await formats[ending]()]);
}

import type { Tensor } from "@dl/tensor/core";
import { crc32 } from "../crc.ts";
import { type DataFormats, type Pixels, pixelsOf } from "./pixels.ts";

export interface PngOptions {
  /** What the tensor's dimensions are. Of several images one is made, eight side by side. Default `"CHW"`. */
  dataformats?: DataFormats;
}

/**
 * A tensor as a PNG image, 8 bits a channel, for a file, a web page or a notebook. Numbers from 0 to 1 go from black to
 * full; uint8 is taken as it is. 1 channel is grey, 2 are grey and opacity, 3 RGB, 4 RGB and opacity.
 *
 * @throws ShapeError when the dimensions are not those of `dataformats`.
 * @see https://www.w3.org/TR/png-3/
 *
 * @example
 * const png = await writePng(tensor([[0, 0.5], [1, 0]]), { dataformats: "HW" });
 * [...png.subarray(1, 4)].map((c) => String.fromCharCode(c)).join("") // => PNG
 */
export const writePng = async (
  t: Tensor,
  { dataformats = "CHW" }: PngOptions = {},
): Promise<Uint8Array<ArrayBuffer>> => encodePng(await pixelsOf(t, dataformats, "writePng"));

/** By number of channels. */
const COLOR_TYPE = [0, 0, 4, 2, 6];

export async function encodePng(image: Pixels): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, channels, data } = image;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOR_TYPE[channels]], 8);
  // Before every row a byte says how it is filtered: 0 is not at all.
  const row = width * channels;
  const rows = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  }
  const chunks = [
    SIGNATURE,
    ...chunk("IHDR", header),
    ...chunk("IDAT", await deflate(rows)),
    ...chunk("IEND", new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const name = new TextEncoder().encode(type);
  return [word(data.length), name, data, word(crc32(name, data))];
}
function word(n: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, n);
  return out;
}

/** zlib's format. Browsers have it too, where there is no node:zlib. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";

/** An image as bytes, row by row, the channels of a pixel side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Grey, grey and opacity, RGB, RGB and opacity. */
  readonly channels: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** What the dimensions of an image are: channels C, height H and width W; of several images also N. */
export type DataFormats = "CHW" | "HWC" | "HW" | "NCHW" | "NHWC" | "NHW";

/** Images side by side in a row of several. */
const COLUMNS = 8;

/**
 * Bytes of an image: numbers from 0 to 1 times 255, without the fraction; uint8 as it is. Several images become one, eight
 * side by side. Waits for the device.
 */
export async function pixelsOf(t: Tensor, dataformats: DataFormats, op: string): Promise<Pixels> {
  if (!FORMATS.includes(dataformats)) {
    throw new DlError(
      "value",
      `${op}: dataformats is ${JSON.stringify(dataformats)}; known are ${FORMATS.join(", ")}`,
    );
  }
  const { shape } = t;
  const sizes = `${formatShape(shape)}, dataformats is ${JSON.stringify(dataformats)}`;
  if (shape.length !== dataformats.length) {
    throw new ShapeError(
      `${op}: ${dataformats.length} dimensions are wanted, the tensor is ${sizes}: say what its dimensions are with dataformats`,
    );
  }
  const size = (name: string) => shape[dataformats.indexOf(name)] ?? 1;
  const [n, channels, h, w] = [size("N"), size("C"), size("H"), size("W")];
  if (channels < 1 || channels > 4 || n * h * w === 0) {
    throw new ShapeError(
      `${op}: 1 to 4 channels and at least one pixel are wanted, the tensor is ${sizes}`,
    );
  }
  const columns = Math.min(n, COLUMNS);
  const [width, height] = [columns * w, Math.ceil(n / columns) * h];
  const out = new Uint8Array(width * height * channels);
  const values = await t.data();
  const scale = t.dtype === "uint8" ? 1 : 255;
  // How far apart elements lie that differ by one in a dimension.
  const stride = (name: string): number => {
    const at = dataformats.indexOf(name);
    return at < 0 ? 0 : shape.slice(at + 1).reduce((a, b) => a * b, 1);
  };
  const [sn, sc, sh, sw] = [stride("N"), stride("C"), stride("H"), stride("W")];
  for (let i = 0; i < n; i++) {
    const [top, left] = [Math.floor(i / columns) * h, (i % columns) * w];
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const to = ((top + y) * width + left + x) * channels;
        for (let c = 0; c < channels; c++) {
          const value = Math.fround(values[i * sn + c * sc + y * sh + x * sw] * scale);
          // NaN becomes 0.
          out[to + c] = Math.min(Math.max(value, 0), 255);
        }
      }
    }
  }
  return { width, height, channels, data: out };
}
const FORMATS: readonly DataFormats[] = ["CHW", "HWC", "HW", "NCHW", "NHWC", "NHW"];

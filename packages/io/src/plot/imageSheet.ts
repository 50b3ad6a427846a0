import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import { encodePng } from "../png/write.ts";
import { type Picture, type PictureOptions, picture } from "./picture.ts";

/** What the dimensions of several images are: how many N, channels C, height H and width W. */
export type ImageFormats = "NCHW" | "NHWC" | "NHW";

export interface ImageSheetOptions extends Pick<PictureOptions, "title"> {
  /** Default `"NCHW"`, `"NHW"` for three dimensions. */
  dataformats?: ImageFormats;
  /** One under each image: what it is, or what it is taken for. */
  labels?: readonly string[];
  /** Side by side. Default 8. */
  columns?: number;
  /** Screen pixels per pixel. Default: so that the images are about 64 high. */
  scale?: number;
  /**
   * What becomes black and white: 0 and 1 (`"none"`, for samples), or the least and the greatest number of all images
   * (`"all"`) or of each (`"each"`, for filters). Default `"none"`.
   */
  normalize?: "none" | "all" | "each";
}

/**
 * A sheet of images: samples of a dataset with their labels, what a model generates, filters of a convolution
 * (`conv.weight` is `[N, C, H, W]`). Waits for the device.
 *
 * @param images of 1 to 4 channels: grey, grey and opacity, RGB, RGB and opacity; numbers from 0 to 1, or uint8.
 *
 * @example
 * const sheet = await imageSheet(rand(10, 1, 8, 8), { labels: [..."0123456789"], columns: 5 });
 * (sheet.data as { values: { x: number, y: number, label: string }[] }).values.map(({ x, y }) => [x, y])[9] // => [4, 1]
 */
export async function imageSheet(
  images: Tensor,
  options: ImageSheetOptions = {},
): Promise<Picture> {
  const { shape } = images;
  const { columns = 8, normalize = "none", labels } = options;
  const dataformats = options.dataformats ?? (shape.length === 3 ? "NHW" : "NCHW");
  const size = (name: string) => shape[dataformats.indexOf(name)] ?? 1;
  const [n, c, h, w] = [size("N"), size("C"), size("H"), size("W")];
  if (shape.length !== dataformats.length || c < 1 || c > 4 || n * h * w === 0) {
    throw new ShapeError(
      `imageSheet: ${[...dataformats].join(", ")} with 1 to 4 channels are wanted, the tensor is ${formatShape(shape)}: say what its dimensions are with dataformats, and look at one channel of filters with many: weight.narrow(1, 0, 1)`,
    );
  }
  if (labels && labels.length !== n) {
    throw new DlError("value", `imageSheet: ${n} images and ${labels.length} labels`);
  }
  const scale = options.scale ?? Math.max(1, Math.round(64 / h));
  for (const [name, value] of Object.entries({ columns, scale })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new DlError(
        "value",
        `imageSheet: ${name} is ${value}, a whole number from 1 is wanted`,
      );
    }
  }
  const data = await images.data();
  const each = c * h * w;
  const [sc, sy, sx] = dataformats === "NHWC" ? [1, w * c, c] : [h * w, w, 1];
  const whole = images.dtype === "uint8" ? 255 : 1;
  const range = (list: ArrayLike<number>): [number, number] => {
    let [min, max] = [Infinity, -Infinity];
    for (let i = 0; i < list.length; i++)
      [min, max] = [Math.min(min, list[i]), Math.max(max, list[i])];
    return [min, max];
  };
  const all = normalize === "all" ? range(data) : ([0, whole] as const);
  const values: object[] = [];
  for (let i = 0; i < n; i++) {
    const own = data.subarray(i * each, (i + 1) * each);
    const [min, max] = normalize === "each" ? range(own) : all;
    // Of one number alone there is no least and greatest.
    const factor = max > min ? 255 / (max - min) : 0;
    const [width, height] = [w * scale, h * scale];
    const out = new Uint8Array(width * height * c);
    for (let y = 0, to = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = Math.floor(y / scale) * sy + Math.floor(x / scale) * sx;
        for (let k = 0; k < c; k++, to++) {
          out[to] = Math.min(Math.max((own[from + k * sc] - min) * factor, 0), 255);
        }
      }
    }
    const png = await encodePng({ width, height, channels: c, data: out });
    values.push({
      ...{
        x: i % columns,
        y: Math.floor(i / columns),
        url: `data:image/png;base64,${base64(png)}`,
      },
      ...(labels ? { label: labels[i] } : {}),
    });
  }
  const [across, down] = [Math.min(n, columns), Math.ceil(n / columns)];
  const cell = { width: w * scale + 6, height: h * scale + (labels ? 20 : 6) };
  const place = (field: string, count: number) => ({
    field,
    type: "quantitative",
    axis: null,
    scale: {
      domain: [-0.5, count - 0.5],
      ...(field === "y" ? { reverse: true } : {}),
      nice: false,
    },
  });
  const sizes = { width: across * cell.width, height: down * cell.height };
  const image = {
    mark: { type: "image", width: w * scale, height: h * scale, yOffset: labels ? -7 : 0 },
    encoding: { url: { field: "url" } },
  };
  const label = {
    mark: { type: "text", fontSize: 11, yOffset: (h * scale) / 2 + 2 },
    encoding: { text: { field: "label" } },
  };
  return picture(
    { ...options, ...sizes },
    {
      data: { values },
      view: { stroke: null },
      encoding: { x: place("x", across), y: place("y", down) },
      layer: labels ? [image, label] : [image],
    },
  );
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

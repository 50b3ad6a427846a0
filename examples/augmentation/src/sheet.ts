import { transforms as T } from "@dl/data";
import { writePng } from "@dl/io";
import { cat, type Tensor, tensor } from "@dl/tensor";
import { pictures } from "./pictures.ts";

const warp = { interpolation: "bilinear", fill: 0.1 } as const;

/** What the rows of the sheet show. */
export const ROWS: readonly ((images: Tensor) => Tensor)[] = [
  new T.Identity(),
  new T.RandomHorizontalFlip(),
  new T.RandomCrop(64, { padding: 16, paddingMode: "reflect" }),
  new T.RandomResizedCrop(64),
  new T.RandomRotation(30, warp),
  new T.RandomAffine(15, { translate: [0.2, 0.2], scale: [0.6, 1.2], shear: 20, ...warp }),
  new T.RandomPerspective({ p: 1, ...warp }),
  new T.ElasticTransform({ alpha: 120, sigma: 4, fill: 0.1 }),
  new T.ColorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.8, hue: 0.4 }),
  new T.RandomGrayscale({ p: 0.5 }),
  new T.RandomPosterize(2),
  new T.RandomSolarize(0.5),
  new T.RandomAutocontrast(),
  new T.RandomEqualize(),
  new T.RandomAdjustSharpness(4),
  new T.GaussianBlur(9, { sigma: [0.5, 3] }),
  new T.GaussianNoise({ sigma: 0.15 }),
  new T.RandomErasing({ p: 0.8, value: "random" }),
  new T.Cutout(24),
  new T.AutoAugment(),
  new T.RandAugment({ magnitude: 14 }),
  new T.TrivialAugmentWide(),
];
const labels = (images: Tensor): Tensor =>
  tensor(Int32Array.from({ length: images.shape[0] }, (_, i) => i % 10));
/** These mix an image with the one before it. */
export const MIXED: readonly T.Transform[] = [
  new T.MixUp({ alpha: 3, numClasses: 10 }),
  new T.CutMix({ alpha: 3, numClasses: 10 }),
];

export interface Sheet {
  readonly names: readonly string[];
  /** All images, one row for each name: [3, rows · size, columns · size]. */
  readonly image: Tensor;
  readonly size: number;
}

export function sheet(columns = 10, size = 64): Sheet {
  const images = pictures(columns, size);
  const rows = [
    ...ROWS.map((transform) => transform(images)),
    ...MIXED.map((mix) => mix([images, labels(images)])[0]),
  ].map((row) => row.permute(1, 2, 0, 3).reshape(3, size, columns * size));
  return { names: [...ROWS, ...MIXED].map(String), image: cat(rows, 1), size };
}

/** With the names, as an SVG picture. */
export async function svg({ names, image, size }: Sheet): Promise<string> {
  const [, height, width] = image.shape;
  const png = await writePng(image);
  const margin = 330;
  const lines = names.map((name, i) => {
    const [title, rest] = name.split(/\((.*)\)$/s);
    const y = i * size + size / 2;
    return `<text x="8" y="${y}">${escaped(title)}</text><text x="8" y="${y + 13}" class="rest">${escaped(wrapped(rest))}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${margin + width}" height="${height}" font-family="sans-serif" font-size="15">
<style>.rest { font-size: 9px; fill: #666 }</style>
<rect width="100%" height="100%" fill="#fff"/>
${lines.join("\n")}
<image x="${margin}" width="${width}" height="${height}" href="data:image/png;base64,${Buffer.from(png).toString("base64")}"/>
</svg>
`;
}
const wrapped = (text = ""): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@dl/tensor";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { DataLoader, Subset, trainTestSplit } from "./index.ts";
import { decodeImage, ImageFolder, workerDataset } from "./node.ts";
import "./testing.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "dl-images-"));
/** A picture of one color, with a black pixel in its upper left corner. */
function picture(
  format: "png" | "jpeg" | "webp" | "gif" | "tiff",
  [r, g, b]: number[],
  width = 6,
  height = 4,
) {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 1; i < width * height; i++) data.set([r, g, b], 3 * i);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}
let root: string;
let png: Buffer;
beforeAll(async () => {
  root = folder();
  png = await picture("png", [255, 51, 0]);
  for (const name of ["dog", "cat", "ant"])
    mkdirSync(join(root, name, "nested"), { recursive: true });
  for (let i = 0; i < 4; i++) {
    writeFileSync(join(root, "cat", `${i}.png`), await picture("png", [255, 51, 0]));
    writeFileSync(
      join(root, "dog", "nested", `${i}.JPG`),
      await picture("jpeg", [0, 0, 255], 8, 8),
    );
  }
  writeFileSync(join(root, "ant", "a.webp"), await picture("webp", [0, 255, 0]));
  writeFileSync(join(root, "ant", "notes.txt"), "not an image");
  writeFileSync(join(root, "readme.md"), "not a class");
});

describe("decodeImage", () => {
  test("gives planes from 0 to 1", async () => {
    const t = await decodeImage(png);
    expect([t.shape, t.dtype]).toEqual([[3, 4, 6], "float32"]);
    const [r, g, b] = t.tolistSync() as number[][][];
    expect([r[0][0], r[0][1], g[3][5], b[2][2]]).toEqual([0, 1, Math.fround(0.2), 0]);
  });
  test.each(["png", "jpeg", "webp", "gif", "tiff"] as const)("reads %s", async (format) => {
    const t = await decodeImage(await picture(format, [255, 255, 255], 16, 16));
    expect(t.shape).toEqual([3, 16, 16]);
    expect(t.mean().itemSync()).toBeGreaterThan(0.95);
  });
  test("in gray, of another size, cut or padded", async () => {
    expect((await decodeImage(png, { mode: "gray" })).shape).toEqual([1, 4, 6]);
    for (const fit of ["fill", "cover", "contain"] as const)
      expect((await decodeImage(png, { size: [5, 9], fit })).shape).toEqual([3, 5, 9]);
    const padded = await decodeImage(await picture("png", [255, 255, 255], 8, 4), {
      size: [8, 8],
      fit: "contain",
    });
    expect((padded.tolistSync() as number[][][])[0][0]).toEqual(new Array(8).fill(0));
  });
  test("with transparency, of 16 bits, with a palette, gray: three channels all the same", async () => {
    const base = () => sharp(png);
    const others = await Promise.all([
      base().ensureAlpha(0.5).png().toBuffer(),
      base().toColourspace("rgb16").png().toBuffer(),
      base().png({ palette: true }).toBuffer(),
      base().toColourspace("b-w").png().toBuffer(),
      base().toColourspace("cmyk").jpeg().toBuffer(),
    ]);
    for (const bytes of others) {
      const t = await decodeImage(bytes);
      expect(t.shape).toEqual([3, 4, 6]);
      expect(t.amax().itemSync()).toBeLessThanOrEqual(1);
      expect(t.amax().itemSync()).toBeGreaterThan(0.2);
    }
  });
  test("turned the way the camera was held", async () => {
    const turned = await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await decodeImage(turned)).shape).toEqual([3, 6, 4]);
  });

  test("refuses more pixels than there may be", () =>
    expect(decodeImage(png, { maxPixels: 20 })).rejects.toThrow(
      "it has more than 20 pixels: raise { maxPixels }",
    ));
  test("says that a file is not there", () =>
    expect(decodeImage("/nowhere/cat.jpg")).rejects.toMatchObject({ name: "MissingFilesError" }));
  test.each<[object, string]>([
    [{ mode: "cmyk" }, 'mode is "rgb" or "gray", got "cmyk"'],
    [{ size: 5 }, "size is [height, width] in pixels, got 5"],
    [{ size: [5] }, "size is [height, width]"],
    [{ size: [0, 5] }, "size is [height, width]"],
    [{ fit: "inside" }, 'fit is "fill", "cover" or "contain"'],
    [{ maxPixels: 0.5 }, "maxPixels is a whole number"],
  ])("refuses the option %o", (options, message) =>
    expect(decodeImage(png, options as any)).rejects.toThrow(message),
  );
});

describe("ImageFolder", () => {
  const shape = { size: [4, 6] as const };
  test("has a class for each folder, and its images", async () => {
    const data = new ImageFolder(root, shape);
    expect([data.classes, data.length, data.targets]).toEqual([
      ["ant", "cat", "dog"],
      9,
      [0, 1, 1, 1, 1, 2, 2, 2, 2],
    ]);
    expect(data.samples.map(([path]) => path.slice(root.length + 1))).toContain(
      join("dog", "nested", "3.JPG"),
    );
    const [image, label] = await data.get(1);
    expect([image.shape, label, image.amax().itemSync()]).toEqual([[3, 4, 6], 1, 1]);
    const { train } = trainTestSplit(data, { stratify: undefined, testSize: 3, seed: 1 });
    let seen = 0;
    for await (const [images, labels] of new DataLoader(new Subset(data, train), {
      batchSize: 4,
      prefetchFactor: 1,
    })) {
      expect(images.shape.slice(1)).toEqual([3, 4, 6]);
      seen += labels.numel;
    }
    expect(seen).toBe(6);
    expect(await data.verify()).toEqual([]);
  });
  test("changes images with a function, and takes files by name", async () => {
    const transform = async (image: Tensor) => image.mean();
    const data = new ImageFolder(root, {
      transform,
      isImage: (name) => name === "2.png",
      allowEmpty: true,
    });
    const [mean] = await data.get(0);
    expect([data.length, mean.shape]).toEqual([1, []]);
  });
  test("works on other threads", async () => {
    const there = await workerDataset<[Tensor, number]>(new URL("./node.ts", import.meta.url), {
      export: "imageFolder",
      args: [root, shape],
      numWorkers: 2,
    });
    const here = new ImageFolder(root, shape);
    const sums = async (data: any) => {
      const out: unknown[] = [];
      for await (const [x, y] of new DataLoader<any, any>(data, { batchSize: 2 }))
        out.push([x.shape, x.sum().itemSync(), y.tolistSync()]);
      return out;
    };
    expect(await sums(there)).toEqual(await sums(here));
    await there.close();
  });
  test("names a damaged file, when it is asked for, or before", async () => {
    const dir = folder();
    for (const name of ["a", "b"]) mkdirSync(join(dir, name));
    writeFileSync(join(dir, "a", "good.png"), png);
    writeFileSync(join(dir, "b", "bad.png"), png.subarray(0, 70));
    const data = new ImageFolder(dir);
    const loop = async () => {
      for await (const _ of new DataLoader(data));
    };
    await expect(loop()).rejects.toThrow(
      /DataLoader: dataset.get\(1\) failed: .*b.bad\.png cannot be decoded: /,
    );
    expect(await data.verify()).toMatchObject([{ path: join(dir, "b", "bad.png") }]);
  });
  test("says that images of one batch are of several sizes", async () => {
    const loop = async () => {
      for await (const _ of new DataLoader(new ImageFolder(root), { batchSize: 9 }));
    };
    await expect(loop()).rejects.toThrow(
      "sample 0 at [0] has shape [3, 4, 6], sample 5 at [0] has shape [3, 8, 8]",
    );
  });
  test("says what is wrong with a folder", () => {
    const dir = folder();
    expect(() => new ImageFolder(join(dir, "nowhere"))).toThrow("ImageFolder: there is no folder ");
    expect(() => new ImageFolder(join(root, "readme.md"))).toThrow("there is no folder");
    expect(() => new ImageFolder(dir)).toThrow(
      "has no folders: images are in a folder for each class",
    );
    mkdirSync(join(dir, "cat"));
    expect(() => new ImageFolder(dir)).toThrow(
      /cat has no images \(.*png.*\): delete it, or pass \{ allowEmpty: true \}/,
    );
    expect(new ImageFolder(dir, { allowEmpty: true }).length).toBe(0);
    return expect(new ImageFolder(root).get(99)).rejects.toThrow("index 99 is out of range");
  });
});

import { describe, expect, test } from "vitest";
import { idx, idxFiles } from "../testing.ts";
import { MnistFiles } from "./files.ts";

const file = (name: string, bytes: Uint8Array) =>
  new File([bytes as Uint8Array<ArrayBuffer>], name);
const train = idxFiles(50, 1);
const trainImages = file("train-images-idx3-ubyte.gz", train.images);
const trainLabels = file("train-labels-idx1-ubyte", train.labels);

describe("MnistFiles", () => {
  test("takes files in any order, packed or not, and says what is missing", async () => {
    const files = new MnistFiles();
    expect(files.missing).toEqual(["training images", "training labels"]);
    await files.add(trainLabels);
    expect(files.missing).toEqual(["training images"]);
    expect(files.digits).toBeUndefined();
    await files.add(trainImages);
    expect(files.missing).toEqual([]);
  });
  test("keeps a tenth back for tests, until there are files for it", async () => {
    const files = new MnistFiles();
    for (const f of [trainImages, trainLabels]) await files.add(f);
    expect([files.digits!.train.length, files.digits!.test.length]).toEqual([45, 5]);
    const test = idxFiles(20, 2);
    await files.add(file("t10k-images-idx3-ubyte.gz", test.images));
    await files.add(file("t10k-labels-idx1-ubyte", test.labels));
    expect([files.digits!.train.length, files.digits!.test.length]).toEqual([50, 20]);
    expect(files.digits!.test.labels[3]).toBe(test.labels[8 + 3]);
  });

  test("takes another set in the place of one, when its images and labels come together", async () => {
    const files = new MnistFiles();
    for (const f of [trainImages, trainLabels]) await files.add(f);
    const other = idxFiles(80, 3);
    const [images, labels] = [
      file("train-images", other.images),
      file("train-labels", other.labels),
    ];
    expect(await files.addAll([labels, images])).toEqual([]);
    expect(files.digits!.train.length).toBe(72);
    // One of them alone does not fit the other, and what is wrong with one file does not keep the others out.
    const problems = await files.addAll([file("x", new Uint8Array(9)), trainImages]);
    expect(problems.map(String)).toEqual([
      expect.stringMatching(/x: /),
      expect.stringMatching(/it has 50 images, but train-labels is for 80/),
    ]);
    expect(files.digits!.train.length).toBe(72);
  });

  const refused = async (bytes: Uint8Array, name: string, message: RegExp) => {
    const files = new MnistFiles();
    for (const f of [trainImages, trainLabels]) await files.add(f);
    await expect(files.add(file(name, bytes))).rejects.toThrow(message);
    // Nothing is lost.
    expect(files.digits!.train.length).toBe(45);
  };
  const zeros = (n: number) => new Uint8Array(n);
  test("names a file that is something else", () =>
    refused(new TextEncoder().encode("<!doctype html>"), "a.html", /^a\.html: .*web page/));
  test("names a file that is cut off", () =>
    refused(train.labels.subarray(0, 30), "train-labels", /^train-labels: .*truncated/));
  test("names a packed file that is damaged", () =>
    refused(train.images.subarray(0, 90), "x.gz", /^x\.gz: .*damaged or cut off/));
  test("names labels that are no digits", () =>
    refused(idx([10], zeros(10).fill(47)), "emnist", /^emnist: label 0 is 47; digits are 0 to 9/));
  test("names images of another size", () =>
    refused(idx([10, 8, 8], zeros(640)), "small", /^small: .*28×28.* 10×8×8/));
  test("names two files that do not belong together", () =>
    refused(
      idx([10], zeros(10)),
      "train-labels-2",
      /^train-labels-2: it has 10 labels, but train-images-idx3-ubyte\.gz is for 50/,
    ));
  test("names a file that is far too large, without reading it", async () => {
    const large = { name: "film.mp4", size: 1e9, arrayBuffer: () => Promise.reject() };
    await expect(new MnistFiles().add(large as never)).rejects.toThrow(/film\.mp4: it has 1000 MB/);
  });
});

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  CIFAR100_CLASSES,
  CIFAR100_SUPERCLASSES,
  gunzip,
  parseCifar10,
  parseCifar100,
  parseIdx,
} from "./index.ts";
import { download } from "./node/download.ts";
import { md5 } from "./node/files.ts";
import { unpackMed } from "./node/med.ts";
import { tarFiles } from "./node/tar.ts";
import { cifar10, cifar100, fashionMnist, kmnist, mnist } from "./node.ts";
import "./testing.ts";

/** An IDX file: type code, sizes, the bytes of its elements. */
function idx(code: number, shape: number[], ...elements: number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, (code << 8) | shape.length);
  shape.forEach((n, d) => header.setUint32(4 + 4 * d, n));
  return Uint8Array.from([...new Uint8Array(header.buffer), ...elements]);
}
const folder = (): string => mkdtempSync(join(tmpdir(), "dl-data-"));

describe("parseIdx", () => {
  test("reads bytes with their shape", () =>
    expect(parseIdx(idx(8, [2, 3], 1, 2, 3, 4, 5, 255), "x")).toEqual({
      shape: [2, 3],
      data: Uint8Array.of(1, 2, 3, 4, 5, 255),
    }));
  test.each([
    [9, [0xff, 1], Int32Array.of(-1, 1)],
    [11, [0xff, 0xfe, 1, 0], Int32Array.of(-2, 256)],
    [12, [0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff], Int32Array.of(256, -1)],
    [13, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], Float32Array.of(1, -2)],
    [14, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Float64Array.of(1.5, 0)],
  ])("reads type %i, big-endian", (code, bytes, expected) =>
    expect(parseIdx(idx(code, [2], ...bytes), "x").data).toEqual(expected),
  );
});

describe("gunzip", () => {
  const text = new TextEncoder().encode("digits ".repeat(1000));
  test("unpacks, and leaves alone what is not packed", async () => {
    expect(await gunzip(gzipSync(text), "x")).toEqual(text);
    expect(await gunzip(text, "x")).toBe(text);
  });
  test.each([
    ["cut off", (b: Uint8Array) => b.subarray(0, b.length - 9)],
    ["damaged", (b: Uint8Array) => b.map((x, i) => (i === b.length - 6 ? x ^ 1 : x))],
  ])("says that a file is %s", (_, spoil) =>
    expect(gunzip(spoil(gzipSync(text)), "a.gz")).rejects.toThrow(
      /^a\.gz: the gzip data is damaged or cut off .*download it again$/,
    ),
  );
});

describe("CIFAR-10's binary version", () => {
  const record = (label: number) => [
    label,
    ...Array.from({ length: 3072 }, (_, i) => (i * 7) % 256),
  ];
  const two = Uint8Array.from([...record(3), ...record(9)]);
  test("is labels and planes", () => {
    const { images, labels } = parseCifar10(two, "x");
    expect([...labels]).toEqual([3, 9]);
    expect([images.length, images[1], images[3073]]).toEqual([6144, 7, 7]);
  });
  test("says that it is truncated", () =>
    expect(() => parseCifar10(two.subarray(0, 5000), "b.bin")).toThrow(
      "b.bin: 3073 bytes an image expected, got 5,000, which is 1 images and 1927 bytes",
    ));
  test("says which label is impossible", () =>
    expect(() => parseCifar10(Uint8Array.from([...record(3), ...record(10)]), "b")).toThrow(
      "the label of image 1 is 10",
    ));
  test("comes out of the packed form", () => {
    // Packed here, plainly: predictions as in LOCO-I.
    const n = 2;
    const pixel = (i: number, plane: number, k: number) => two[i * 3073 + 1 + plane * 1024 + k];
    const packed = new Uint8Array(two.length);
    for (let i = 0; i < n; i++) {
      packed[i] = two[i * 3073];
      for (let p = 0; p < 3; p++) {
        const value = (y: number, x: number) => {
          if (x < 0 || y < 0) return 0;
          const [red, green, blue] = [0, 1, 2].map((c) => pixel(i, c, y * 32 + x));
          return [green, red - green, blue - green][p] & 255;
        };
        for (let y = 0; y < 32; y++)
          for (let x = 0; x < 32; x++) {
            const [w, a, c] = [value(y, x - 1), value(y - 1, x), x && y ? value(y - 1, x - 1) : 0];
            const guess =
              c >= Math.max(w, a)
                ? Math.min(w, a)
                : c <= Math.min(w, a)
                  ? Math.max(w, a)
                  : w + a - c;
            packed[n + (p * n + i) * 1024 + y * 32 + x] = value(y, x) - guess;
          }
      }
    }
    expect(unpackMed(packed, "x")).toEqual(two);
    expect(() => unpackMed(packed.subarray(1), "x.med.gz")).toThrow("x.med.gz: 3073 bytes");
  });
});

test("tarFiles lists the files of an archive", () => {
  const file = (name: string, text: string, type: string): Buffer => {
    const block = Buffer.alloc(512 + 512 * Math.ceil(text.length / 512));
    block.write(name);
    block.write(`${text.length.toString(8).padStart(11, "0")}\0`, 124);
    block.write(type, 156);
    block.write("        ", 148);
    const sum = block.subarray(0, 512).reduce((a, b) => a + b, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    block.write(text, 512);
    return block;
  };
  const archive = Buffer.concat([
    file("d/", "", "5"),
    file("d/a", "hello", "0"),
    file("d/b", "x".repeat(600), "0"),
    Buffer.alloc(1024),
  ]);
  expect(
    [...tarFiles(archive, "a.tar")].map(({ name, contents }) => [name, contents.length]),
  ).toEqual([
    ["d/a", 5],
    ["d/b", 600],
  ]);
});

describe("mnist({ root })", () => {
  const spoiled = (change: (bytes: Buffer) => Uint8Array) => {
    const root = folder();
    mkdirSync(join(root, "mnist"));
    const labels = Buffer.from(idx(8, [10_000], ...new Array(10_000).fill(3)));
    const images = Buffer.concat([idx(8, [10_000, 28, 28]), Buffer.alloc(7_840_000)]);
    writeFileSync(join(root, "mnist", "t10k-labels-idx1-ubyte.gz"), gzipSync(labels));
    writeFileSync(join(root, "mnist", "t10k-images-idx3-ubyte"), change(images));
    return mnist({ root, train: false });
  };
  test("says which files to put where", async () => {
    const root = folder();
    await expect(mnist({ root })).rejects.toMatchObject({
      name: "MissingFilesError",
      code: "data",
    });
    await expect(mnist({ root: join(root, "nowhere") })).rejects.toThrow(
      /no train-\w+-idx\d-ubyte\.gz in .*nowhere\/mnist, .*four files train-images-idx3-ubyte\.gz, .*\{ download: true \}/,
    );
  });
  test("rejects a truncated file", () =>
    expect(spoiled((b) => b.subarray(0, 5_000_000))).rejects.toThrow(
      /t10k-images-idx3-ubyte: 7,840,016 bytes expected, for the header says 10000×28×28, got 5,000,000: the file is truncated/,
    ));
  test("rejects other data of the same form", () =>
    expect(spoiled((b) => b)).rejects.toThrow(/not those of the published data set \(md5 \w{32}/));
  test("rejects the other part's file", () =>
    expect(spoiled(() => idx(8, [1, 2, 2], 1, 2, 3, 4))).rejects.toThrow(
      "MNIST's t10k-images-idx3-ubyte is 10000×28×28, the header says 1×2×2",
    ));
  test("rejects a file whose packing is damaged", () =>
    expect(spoiled((b) => gzipSync(b).subarray(0, 4000))).rejects.toThrow("damaged or cut off"));
  test("cifar10 says which files to put where, too", () =>
    expect(cifar10({ root: folder() })).rejects.toThrow(
      "CIFAR-10 is not there: no data_batch_1.bin",
    ));
});

describe("download", () => {
  let server: Server;
  let at: string;
  const good = Buffer.from("the file");
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      if (url === "/good") response.end(good);
      else if (url === "/other") response.end("something else");
      else if (url === "/cut") {
        response.writeHead(200, { "content-length": 1000 });
        response.write("begin", () => response.destroy());
      } else response.writeHead(404).end();
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    at = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  test("goes from mirror to mirror until the checksum is right", async () => {
    const path = join(folder(), "new", "file");
    const seen = vi.fn();
    const urls = ["/missing", "/other", "/cut", "/good"].map((x) => at + x);
    await download(urls, path, { checksum: md5(good), onProgress: seen });
    expect(readFileSync(path).equals(good)).toBe(true);
    expect(seen).toHaveBeenLastCalledWith({ file: "good", bytes: 8, total: 8 });
  });
  test("says what happened at each, and leaves nothing behind", async () => {
    const dir = folder();
    const urls = ["/missing", "/other", "/cut"].map((x) => at + x).concat("http://127.0.0.1:9/x");
    const failed = download(urls, join(dir, "file"), { checksum: md5(good) });
    await expect(failed).rejects.toThrow(
      /HTTP 404(.|\n)*md5 \w{32}, expected(.|\n)*\/cut: (.|\n)*:9\/x: /,
    );
    await expect(failed).rejects.toMatchObject({ name: "MissingFilesError" });
    expect(readdirSync(dir)).toEqual([]);
  });
});

/** A whole data set under its names, of plain contents: all images alike, labels one after the other. */
function lay(
  root: string,
  labels: (i: number) => number,
  change: (b: Buffer) => Uint8Array = (b) => b,
) {
  mkdirSync(root, { recursive: true });
  const list = Array.from({ length: 10_000 }, (_, i) => labels(i));
  writeFileSync(
    join(root, "t10k-labels-idx1-ubyte"),
    change(Buffer.from(idx(8, [10_000], ...list))),
  );
  const images = Buffer.concat([idx(8, [10_000, 28, 28]), Buffer.alloc(7_840_000)]);
  writeFileSync(join(root, "t10k-images-idx3-ubyte"), images);
}
describe.each([
  ["fashionMnist", fashionMnist, "fashion-mnist", "FashionMNIST/raw", "Fashion-MNIST", "Trouser"],
  ["kmnist", kmnist, "kmnist", "KMNIST/raw", "KMNIST", "ki"],
] as const)("%s({ root })", (_, read, first, second, title, name) => {
  test("reads unpacked files where they may be", async () => {
    for (const place of [first, second, "."]) {
      const root = folder();
      lay(join(root, place), (i) => i % 10);
      const data = await read({ root, train: false, normalize: true });
      expect([data.length, data.classes[1], data.labels[11]]).toEqual([10_000, name, 1]);
    }
  });
  test("checks what it can: how many of each class, and a packed file's md5", async () => {
    const root = folder();
    lay(join(root, first), (i) => (i === 3 ? 4 : i % 10));
    await expect(read({ root, train: false })).rejects.toThrow(
      "class 3 has 999 images, of the published data set it has 1000",
    );
    lay(join(root, first), (i) => i % 10, gzipSync);
    await expect(read({ root, train: false })).rejects.toThrow(
      /labels-idx1-ubyte: the contents are not those/,
    );
  });
  test("says which files to put where", () =>
    expect(read({ root: folder() })).rejects.toThrow(
      new RegExp(`^${title} is not there: no train-images-idx3-ubyte.gz in .*/${first}`),
    ));
});

describe("CIFAR-100's binary version", () => {
  const record = (coarse: number, fine: number) => [
    coarse,
    fine,
    ...Array.from({ length: 3072 }, (_, i) => i % 256),
  ];
  const two = Uint8Array.from([...record(4, 0), ...record(1, 99)]);
  test("is two labels and planes", () => {
    const { images, labels, coarse } = parseCifar100(two, "x");
    expect([[...labels], [...coarse], images.length, images[1], images[3073]]).toEqual([
      [0, 99],
      [4, 1],
      6144,
      1,
      1,
    ]);
    expect([CIFAR100_CLASSES.length, CIFAR100_CLASSES[99], CIFAR100_SUPERCLASSES.length]).toEqual([
      100,
      "worm",
      20,
    ]);
    expect([...CIFAR100_CLASSES].sort()).toEqual(CIFAR100_CLASSES);
  });
  const whole = (n = 10_000): Buffer => {
    const bytes = Buffer.alloc(n * 3074);
    for (let i = 0; i < n; i++) bytes.set([Math.floor((i % 100) / 5), i % 100], i * 3074);
    return bytes;
  };
  test("is found, with classes or groups, and each class counted", async () => {
    const root = folder();
    mkdirSync(join(root, "cifar-100-binary"));
    const path = join(root, "cifar-100-binary", "test.bin");
    writeFileSync(path, whole());
    const fine = await cifar100({ root, train: false });
    const coarse = await cifar100({ root, train: false, coarse: true, normalize: true });
    expect([fine.classes[fine.labels[199]], coarse.classes[coarse.labels[199]]]).toEqual([
      "worm",
      "vehicles_2",
    ]);
    writeFileSync(path, whole().fill(1, 0, 1).fill(6, 1, 2));
    await expect(cifar100({ root, train: false })).rejects.toThrow(
      "test.bin: class 0 has 99 images",
    );
    writeFileSync(path, whole(9_999));
    await expect(cifar100({ root, train: false })).rejects.toThrow(
      "10,000 images are expected, got 9,999",
    );
  });
  test("says which files to put where, and does not believe an archive", async () => {
    const root = folder();
    await expect(cifar100({ root })).rejects.toThrow(
      /CIFAR-100 is not there: no train.bin in .*cifar-100-binary.tar.gz/,
    );
    writeFileSync(join(root, "cifar-100-binary.tar.gz"), "x");
    await expect(cifar100({ root })).rejects.toThrow(
      /cifar-100-binary.tar.gz: the contents are not those/,
    );
    writeFileSync(join(root, "cifar-10-binary.tar.gz"), "x");
    await expect(cifar10({ root })).rejects.toThrow(
      /cifar-10-binary.tar.gz: the contents are not those/,
    );
  });
});

describe("small files that would become large, or are none", () => {
  const bomb = gzipSync(Buffer.alloc(2 ** 26));
  test("gunzip stops", async () => {
    await expect(gunzip(bomb, "b.gz", { maxBytes: 2 ** 20 })).rejects.toThrow(
      "b.gz: it unpacks to more than 1,048,576 bytes, from 65,",
    );
    expect((await gunzip(bomb, "b.gz")).length).toBe(2 ** 26);
  });
  test("mnist does not unpack more than it can be", async () => {
    const root = folder();
    writeFileSync(join(root, "t10k-images-idx3-ubyte.gz"), bomb);
    await expect(mnist({ root, train: false })).rejects.toThrow(
      "t10k-images-idx3-ubyte.gz: it unpacks to more than 15,745,536 bytes",
    );
  });
});

const root = process.env.DL_DATA;
const has = (file: string): boolean => !!root && existsSync(join(root, file));
const why = (name: string): string => (root ? `no ${name} in DL_DATA` : "DL_DATA is not set");

for (const name of ["mnist", "cifar10"])
  if (!has(name))
    console.warn(`packages/data: the tests of ${name}'s files are skipped: ${why(name)}`);

describe("the real data", () => {
  test.skipIf(!has("mnist"))(
    `MNIST${has("mnist") ? "" : ` (skipped: ${why("mnist")})`}`,
    async () => {
      const [train, test] = await Promise.all([mnist(), mnist({ train: false, normalize: true })]);
      expect([train.length, test.length]).toEqual([60_000, 10_000]);
      expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
      const [images, labels] = train.getBatch([0, 59_999]);
      expect([images.shape, labels.tolistSync()]).toEqual([
        [2, 1, 28, 28],
        [5, 8],
      ]);
      expect(images.sum().itemSync()).toBeCloseTo(
        (27_525 + train.images.subarray(-784).reduce((a, b) => a + b, 0)) / 255,
        2,
      );
      const [image] = test.get(0);
      expect([image.shape, image.dtype]).toEqual([[1, 28, 28], "float32"]);
      expect(image.amin().itemSync()).toBe(
        Math.fround(Math.fround(0 - Math.fround(0.1307)) / Math.fround(0.3081)),
      );
    },
  );
  test.skipIf(!has("mnist"))(
    `MNIST unpacked, in torchvision's folder${has("mnist") ? "" : ` (skipped: ${why("mnist")})`}`,
    async () => {
      const dir = folder();
      mkdirSync(join(dir, "MNIST/raw"), { recursive: true });
      for (const name of ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
        writeFileSync(
          join(dir, "MNIST/raw", name),
          gunzipSync(readFileSync(join(root!, "mnist", `${name}.gz`))),
        );
      expect((await mnist({ root: dir, train: false })).length).toBe(10_000);
    },
  );
  test.skipIf(!has("cifar10"))(
    `CIFAR-10${has("cifar10") ? "" : ` (skipped: ${why("cifar10")})`}`,
    async () => {
      const test = await cifar10({ train: false });
      expect([test.length, test.shape]).toEqual([10_000, [3, 32, 32]]);
      expect([...test.labels.subarray(0, 5)].map((c) => test.classes[c])).toEqual([
        "cat",
        "ship",
        "ship",
        "airplane",
        "frog",
      ]);
      // The contents are checked by their md5 on the way; the planes in their order here.
      expect(createHash("md5").update(test.images.subarray(0, 3)).digest("hex")).toBe(
        createHash("md5")
          .update(Uint8Array.of(158, 159, 165))
          .digest("hex"),
      );
    },
  );
});

/** Mistakes that beginners make, and what they are told. */
import "@dl/autograd";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { cpu } from "@dl/backend-cpu";
import { mnist } from "@dl/data/node";
import { binaryCrossEntropy, crossEntropy, mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { setBackend, state, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";

beforeEach(() => setBackend(cpu()));

const message = (fn: () => unknown): string => {
  try {
    fn();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
};

class Net extends nn.Module {
  features = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.Flatten());
  head = new nn.Linear(100, 10);
  forward(x: Tensor) {
    return this.head(this.features(x));
  }
}

describe("errors say where, what was expected, what came and what to do", () => {
  test("a wrong size between Flatten and Linear", () => {
    const text = message(() => new Net()(zeros(2, 1, 8, 8)));
    expect(text).toMatch(/Net\.head/);
    expect(text).toMatch(/100/);
    expect(text).toMatch(/\[2, 144\]/);
    expect(text).toMatch(/Linear\(144/);
  });
  test("an error deep inside names the whole path", () =>
    expect(message(() => new Net()(zeros(2, 3, 8, 8)))).toMatch(
      /Net\.features\.0 \(Conv2d\).*3 channels/,
    ));
  test("a missing backend", () => {
    state.backend = null;
    expect(message(() => zeros(2))).toMatch(/no backend is set.*setBackend\(cpu\(\)\)/);
  });
  test("labels out of range", () => {
    const text = message(() => crossEntropy(zeros(3, 10), tensor([0, 10, 2])));
    expect(text).toMatch(/target 10 at position \[1\].*10 classes 0 … 9/);
  });
  test("a regression target that would broadcast", () =>
    expect(message(() => mseLoss(zeros(4, 1), zeros(4)))).toMatch(
      /\[4, 1\].*\[4\].*target\.unsqueeze\(-1\)/,
    ));
  test("scores where probabilities are wanted", () =>
    expect(message(() => binaryCrossEntropy(tensor([1.5]), tensor([1])))).toMatch(/1\.5.*sigmoid/));
  test("a state dictionary that does not fit names everything at once, and nothing has changed", () => {
    const net = new Net();
    const dict: Record<string, Tensor> = {
      ...net.stateDict(),
      "head.weight": zeros(10, 50),
      extra: zeros(1),
    };
    delete dict["head.bias"];
    const before = net.head.weight.tolistSync();
    const text = message(() => net.loadStateDict(dict));
    for (const part of ["head.weight", "head.bias", "extra", "[10, 50]", "[10, 100]"])
      expect(text).toContain(part);
    expect(net.head.weight.tolistSync()).toEqual(before);
  });
  test("a truncated MNIST file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dl-"));
    const header = new Uint8Array(16);
    new DataView(header.buffer).setUint32(0, 2051);
    new DataView(header.buffer).setUint32(4, 60_000);
    new DataView(header.buffer).setUint32(8, 28);
    new DataView(header.buffer).setUint32(12, 28);
    writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), gzipSync(header));
    writeFileSync(join(folder, "train-labels-idx1-ubyte.gz"), gzipSync(header));
    const text = await mnist({ root: folder }).then(
      () => "no error",
      (error: Error) => error.message,
    );
    expect(text).toMatch(/train-images-idx3-ubyte/);
    expect(text).toMatch(/download|checksum|truncated|md5/i);
    console.log(text);
  });
  test("a folder without MNIST says which files belong where", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dl-"));
    await expect(mnist({ root: folder })).rejects.toThrow(/train-images-idx3-ubyte[\s\S]*download/);
  });
  test("a backward pass without autograd's import would say so", () => {
    const installed = state.autograd;
    state.autograd = null;
    const text = message(() => zeros(1).backward());
    state.autograd = installed;
    expect(text).toContain('import "@dl/autograd"');
  });
});

test("every code of an error has its section in docs/errors.md", () => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const codes = [...read("packages/tensor/src/errors.ts").matchAll(/^ {2}\| "([a-z-]+)"/gm)].map(
    (m) => m[1],
  );
  const sections = [...read("docs/errors.md").matchAll(/^## (.+)$/gm)].map((m) => m[1]);
  expect(codes.length).toBeGreaterThan(10);
  expect(sections).toEqual(codes);
});

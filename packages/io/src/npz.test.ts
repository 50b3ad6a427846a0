import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readNpz } from "./index.ts";
import "./testing.ts";

const fixture = JSON.parse(readFileSync(new URL("./fixtures/npz.json", import.meta.url), "utf8"));
const archive = (kind: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(fixture.files[kind], "base64"));

describe("readNpz reads what numpy writes,", () => {
  test.each(["stored", "deflated", "streamed"])("%s", async (kind) => {
    const arrays = await readNpz(archive(kind));
    const found = Object.entries(arrays).map(([name, t]) => [
      name,
      { shape: t.shape, data: [...t.dataSync()].map((x) => (t.dtype === "bool" ? x === 1 : x)) },
    ]);
    expect(found).toEqual(Object.entries(fixture.expected));
  });
});

test("readNpz refuses more than there may be in memory", () =>
  expect(readNpz(archive("deflated"), { maxBytes: 200 })).rejects.toThrow(
    /its arrays take [\d,]+ bytes, more than 200: raise \{ maxBytes \}/,
  ));

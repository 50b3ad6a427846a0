import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cached, download } from "./node.ts";
import "./testing.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "dl-data-"));
const contents = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * i) % 251));
const hash = (name: string) => createHash(name).update(contents).digest("hex");
const [md5, sha1, sha256] = ["md5", "sha1", "sha256"].map(hash);
const isOff = { done: false };

/** Requests so far: address and what part of the file was asked for. */
let asked: [url: string, range: string | undefined][] = [];
let server: Server;
let at: string;
let version = '"1"';

/** A server that keeps breaking off: after `pieces` bytes of each answer. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const { headers } = request;
  const [url] = (request.url ?? "").split("?");
  asked.push([url, headers.range]);
  const same = headers["if-range"] === undefined || headers["if-range"] === version;
  const from = headers.range && same ? Number(/^bytes=(\d+)-$/.exec(headers.range)![1]) : 0;
  const body = contents.subarray(from);
  const range = { "content-range": `bytes ${from}-${contents.length - 1}/${contents.length}` };
  const begin = (status: number, more: object = {}) =>
    response.writeHead(status, { "content-length": body.length, etag: version, ...more });
  const whole = from > 0 ? () => begin(206, range) : () => begin(200);
  const breakOff = (n: number) =>
    void response.write(body.subarray(0, n), () => setTimeout(() => response.destroy(), 20));
  if (url === "/whole") whole().end(body);
  else if (url === "/pieces") {
    whole();
    if (body.length > 15_000) breakOff(15_000);
    else response.end(body);
  } else if (url === "/once") {
    whole();
    if (from === 0 && !isOff.done) {
      isOff.done = true;
      breakOff(20_000);
    } else response.end(body);
  } else if (url === "/no-ranges") {
    response.writeHead(200, { "content-length": contents.length, etag: version });
    if (asked.length === 1)
      void response.write(contents.subarray(0, 9000), () =>
        setTimeout(() => response.destroy(), 20),
      );
    else response.end(contents);
  } else if (url === "/other-part")
    begin(from > 0 ? 206 : 200, from > 0 ? { "content-range": "bytes 7-9/10" } : {}).end(body);
  else if (url === "/416")
    response.writeHead(416, { "content-range": `bytes */${contents.length}` }).end();
  else if (url === "/unknown-length") {
    response.writeHead(200);
    response.write(contents.subarray(0, 100));
    response.end(contents.subarray(100));
  } else if (url === "/silent") void 0;
  else if (url === "/stalls") response.writeHead(200, { "content-length": 100 }).write("x");
  else if (url === "/endless") {
    response.writeHead(200);
    const more = (error?: Error | null): void => {
      if (!error && !response.destroyed) response.write(contents, (e) => setImmediate(more, e));
    };
    more();
  } else if (url === "/huge") response.writeHead(200, { "content-length": 2 ** 50 }).write("x");
  else if (url === "/empty") response.end();
  else if (url === "/packed") {
    response.writeHead(200, {
      "content-encoding": headers["accept-encoding"] === "identity" ? "identity" : "gzip",
    });
    response.end(headers["accept-encoding"] === "identity" ? contents : gzipSync(contents));
  } else if (url === "/moved") response.writeHead(302, { location: "/whole" }).end();
  else if (url === "/circle") response.writeHead(302, { location: "/circle" }).end();
  else if (url === "/page") response.end("<!doctype html>Log in first");
  else response.writeHead(url === "/broken" ? 500 : 404).end("no");
}
beforeAll(async () => {
  server = createServer(serve);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  at = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  version = '"1"';
  isOff.done = false;
});

describe("download", () => {
  test.each([md5, sha1, sha256, md5.toUpperCase(), undefined])("checks %s", async (checksum) => {
    const dir = folder();
    await download(`${at}/whole`, join(dir, "sub", "f"), { checksum });
    expect(readFileSync(join(dir, "sub", "f")).equals(contents)).toBe(true);
    expect(readdirSync(join(dir, "sub"))).toEqual(["f"]);
  });
  test("goes on where it broke off, again and again", async () => {
    const path = join(folder(), "f");
    const seen: number[] = [];
    const onProgress = ({ bytes, total }: { bytes: number; total?: number }) => {
      expect(total).toBe(contents.length);
      seen.push(bytes);
    };
    await download(`${at}/pieces`, path, { checksum: sha256, onProgress });
    expect(readFileSync(path).equals(contents)).toBe(true);
    expect(asked.map(([, range]) => range)).toEqual([
      undefined,
      "bytes=15000-",
      "bytes=30000-",
      "bytes=45000-",
    ]);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
    expect(seen.at(-1)).toBe(contents.length);
  });
  test("goes on in a later call, if the file is still the same", async () => {
    const path = join(folder(), "f");
    const first = download(`${at}/once`, path, { checksum: md5, retries: 0 });
    await expect(first).rejects.toThrow("/once: ");
    expect(readFileSync(`${path}.part`).length).toBe(20_000);
    await download(`${at}/once`, path, { checksum: md5 });
    expect(asked.map(([, range]) => range)).toEqual([undefined, "bytes=20000-"]);
    expect(readFileSync(path).equals(contents)).toBe(true);
    expect(existsSync(`${path}.part`)).toBe(false);
  });
  test("begins anew if it is another one", async () => {
    const path = join(folder(), "f");
    await expect(download(`${at}/once`, path, { checksum: md5, retries: 0 })).rejects.toThrow();
    version = '"2"';
    await download(`${at}/once`, path, { checksum: md5 });
    expect(readFileSync(path).equals(contents)).toBe(true);
  });
  test("begins anew where the server knows no parts, or sends another", async () => {
    const path = join(folder(), "f");
    await download(`${at}/no-ranges`, path, { checksum: md5 });
    expect(readFileSync(path).equals(contents)).toBe(true);
    const other = join(folder(), "f");
    writeFileSync(`${other}.part`, "12345");
    writeFileSync(
      `${other}.part.json`,
      JSON.stringify({ url: `${at}/other-part`, validator: '"1"' }),
    );
    await expect(download(`${at}/other-part`, other, { checksum: md5 })).rejects.toThrow(
      "another part of the file than was asked for",
    );
  });
  test("does not trust what is left over", async () => {
    for (const note of [
      "",
      "{",
      "null",
      '{"url":5}',
      JSON.stringify({ url: `${at}/elsewhere`, validator: "x" }),
    ]) {
      const path = join(folder(), "f");
      writeFileSync(`${path}.part`, "garbage");
      writeFileSync(`${path}.part.json`, note);
      await download(`${at}/whole`, path, { checksum: md5 });
      expect(readFileSync(path).equals(contents)).toBe(true);
    }
    // The right address, other bytes: the checksum finds out, and the next call begins anew.
    const path = join(folder(), "f");
    writeFileSync(`${path}.part`, "garbage");
    writeFileSync(`${path}.part.json`, JSON.stringify({ url: `${at}/whole`, validator: '"1"' }));
    await expect(download(`${at}/whole`, path, { checksum: md5 })).rejects.toThrow("md5 ");
    await download(`${at}/whole`, path, { checksum: md5 });
    expect(readFileSync(path).equals(contents)).toBe(true);
  });
  test("takes a part that is already whole", async () => {
    const path = join(folder(), "f");
    writeFileSync(`${path}.part`, contents);
    writeFileSync(`${path}.part.json`, JSON.stringify({ url: `${at}/416`, validator: '"1"' }));
    await download(`${at}/416`, path, { checksum: md5 });
    expect(readFileSync(path).equals(contents)).toBe(true);
  });
  test("is one download for two who want it at once", async () => {
    const path = join(folder(), "f");
    await Promise.all([download(`${at}/whole`, path), download(`${at}/whole`, path)]);
    expect(asked.length).toBe(1);
  });
  test("keeps out of the way of another process that downloads the same", async () => {
    const dir = folder();
    const path = join(dir, "f");
    writeFileSync(`${path}.part.lock`, String(process.ppid));
    writeFileSync(`${path}.part`, "theirs");
    await download(`${at}/whole`, path, { checksum: md5 });
    expect(readFileSync(`${path}.part`, "utf8")).toBe("theirs");
    expect(readdirSync(dir).sort()).toEqual(["f", "f.part", "f.part.lock"]);
    // And not out of the way of one that is gone.
    writeFileSync(`${path}.part.lock`, "999999999");
    await download(`${at}/whole`, path, { checksum: md5 });
    expect(readdirSync(dir)).toEqual(["f"]);
  });
  test.each(["/unknown-length", "/packed", "/moved"])("takes %s", async (url) => {
    const path = join(folder(), "f");
    await download(at + url, path, { checksum: md5 });
    expect(readFileSync(path).equals(contents)).toBe(true);
  });
  test.each<[string, string, object, RegExp]>([
    ["nothing at that address", "/nowhere", {}, /HTTP 404/],
    ["a server in trouble", "/broken", {}, /HTTP 500/],
    ["a page instead of the file", "/page", {}, /md5 \w{32}, expected \w{32} \(27 bytes\)/],
    ["an empty file", "/empty", {}, /\(0 bytes\)/],
    ["a server that never answers", "/silent", { timeout: 0.1 }, /no answer in 0.1 seconds/],
    ["a server that stops sending", "/stalls", { timeout: 0.1 }, /nothing came in 0.1 seconds/],
    ["a file without end", "/endless", { maxBytes: 1e6 }, /more than 1,000,000: raise maxBytes/],
    ["a file of a petabyte", "/huge", {}, /1,125,899,906,842,624 bytes, more than/],
    ["redirections in a circle", "/circle", {}, /redirect/],
  ])("says so: %s", async (_, url, options, message) => {
    const dir = folder();
    const failed = download(at + url, join(dir, "f"), { checksum: md5, ...options });
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({ name: "MissingFilesError", code: "data" });
    expect(readdirSync(dir)).toEqual([]);
  });
  test("says what to do without a network", async () => {
    const path = join(folder(), "iris.csv");
    const failed = download("http://127.0.0.1:9/iris.csv", path, { checksum: md5 });
    await expect(failed).rejects.toThrow(
      `Without a network: fetch http://127.0.0.1:9/iris.csv elsewhere and put it there (md5 ${md5}), or name the folder that has iris.csv as root or in the environment as DL_DATA`,
    );
  });
  test.each<[string, () => Promise<unknown>, string]>([
    ["no address", () => download([], "x"), "it needs an address"],
    ["half a checksum", () => download("http://x/", "x", { checksum: "abc" }), 'got "abc"'],
    ["no patience", () => download("http://x/", "x", { timeout: 0 }), "timeout is seconds above 0"],
    [
      "half a retry",
      () => download("http://x/", "x", { retries: 0.5 }),
      "retries is a whole number",
    ],
    ["an address that is none", () => download("nonsense", join(folder(), "x")), "nonsense: "],
    [
      "a folder that is a file",
      () => download(`${at}/whole`, join(import.meta.filename, "x")),
      "cannot be made",
    ],
    ["a page without a name", () => cached(`${at}/`), "does not end with the name of a file"],
  ])("rejects %s", (_, run, message) => expect(run()).rejects.toThrow(message));
});

describe("cached", () => {
  test("downloads once, and again when the file is another", async () => {
    const root = join(folder(), "data");
    const get = () => cached(`${at}/whole?v=1`, { root, checksum: md5 });
    const path = await get();
    expect(path).toBe(join(root, "whole"));
    expect(await get()).toBe(path);
    const before = asked.length;
    writeFileSync(path, "spoiled");
    await get();
    expect(asked.length).toBe(before + 1);
    expect(readFileSync(path).equals(contents)).toBe(true);
  });
  test("without leave to download says what is missing, or wrong", async () => {
    const root = folder();
    const get = () =>
      cached(`${at}/whole`, { root, checksum: md5, file: "f.bin", download: false });
    await expect(get()).rejects.toThrow(
      /f\.bin is not there: fetch .*\/whole elsewhere and put it there \(md5 /,
    );
    writeFileSync(join(root, "f.bin"), "x");
    await expect(get()).rejects.toThrow(
      /f\.bin: md5 \w{32}, expected \w{32} \(1 bytes\): delete it/,
    );
    mkdirSync(join(root, "d"));
    expect(asked).toEqual([]);
  });
});

/**
 * A GPU for machines without one: SwiftShader, which computes on the CPU, as the package @sparticuz/chromium carries it.
 *
 * Its archive holds the Vulkan driver and the Vulkan loader. The loader finds the driver by VK_ICD_FILENAMES, which may be
 * set while the process runs. Dawn finds the loader by name, `libvulkan.so.1`, in the system's places only; but a library
 * that is loaded already is found by its name too. So it is loaded here, as if it were an addon, and told to stay: Node
 * complains that it is none, and leaves it where it is.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { Backend } from "@dl/tensor";
import { type WebGpuOptions, webgpu } from "./index.ts";

/** The files of the archive that take part, and a folder for them. */
const FILES = ["libvulkan.so.1", "libvk_swiftshader.so", "vk_swiftshader_icd.json"];
/** RTLD_NOW | RTLD_NODELETE, of Linux */
const LOAD_AND_STAY = 0x2 | 0x1000;

/** Makes SwiftShader the GPU of this process, unless the environment names a driver. */
export function installSoftwareGpu(): void {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES } = process.env;
  if (VK_ICD_FILENAMES || VK_DRIVER_FILES || process.platform !== "linux") return;
  const folder = unpack();
  process.env.VK_ICD_FILENAMES = process.env.VK_DRIVER_FILES = join(folder, FILES[2]);
  // Dawn looks for a display's folder and says so when there is none.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  try {
    process.dlopen({ exports: {} }, join(folder, FILES[0]), LOAD_AND_STAY);
  } catch {
    // "Module did not self-register": it is no addon, but it is loaded.
  }
}

function unpack(): string {
  const require = createRequire(import.meta.url);
  const entry = require.resolve("@sparticuz/chromium");
  const root = entry.slice(0, entry.lastIndexOf("chromium") + "chromium".length);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folder = join(tmpdir(), `dl-swiftshader-${version}`);
  if (FILES.every((file) => existsSync(join(folder, file)))) return folder;
  mkdirSync(folder, { recursive: true });
  const archive = brotliDecompressSync(readFileSync(join(root, "bin", "swiftshader.tar.br")));
  for (const [name, bytes] of entriesOf(archive)) {
    if (!FILES.includes(name)) continue;
    // Another process may be doing the same: a file appears whole or not at all.
    const part = join(folder, `${name}.${process.pid}`);
    writeFileSync(part, bytes, { mode: 0o755 });
    renameSync(part, join(folder, name));
  }
  return folder;
}

/** The files of a tar archive: headers of 512 bytes with name and size (octal), contents in multiples of 512. */
function* entriesOf(tar: Buffer): Generator<[name: string, bytes: Buffer]> {
  const text = (from: number, length: number) =>
    tar.toString("latin1", from, from + length).replace(/\0.*$/s, "");
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    yield [text(at, 100).split("/").at(-1)!, tar.subarray(at + 512, at + 512 + size)];
    at += 512 + 512 * Math.ceil(size / 512);
  }
}

/** The backend for tests, or why there is none. */
export async function testedGpu(options?: WebGpuOptions): Promise<Backend | string> {
  try {
    installSoftwareGpu();
    return await webgpu(options);
  } catch (error) {
    return (error as Error).message;
  }
}

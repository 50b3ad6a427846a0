/**
 * Chromium without a window, for tests and benchmarks: the binary in the npm package @sparticuz/chromium, which brings the
 * libraries that it needs, fonts, and SwiftShader, a GPU in software. Nothing has to be installed on the system.
 *
 * DL_CHROMIUM names another one. Where the package's does not run (it is for Linux on x64), the system's is taken.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** How to start Chromium: what playwright's `launch` and vitest's provider take. */
export interface Launch {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
}

export interface ChromiumOptions {
  /** Pages may use WebGPU, in software; "system": on the machine's GPU, and not at all where there is none. Default false. */
  webgpu?: boolean | "software" | "system";
}

export function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const launch = chromiumLaunch(options);
  if (!launch) throw new Error(`There is no Chromium here. ${HOW_TO_GET_ONE}`);
  return chromium.launch(launch);
}

export const HOW_TO_GET_ONE = "Install one, and name it by DL_CHROMIUM if it is not found.";

/** What starts Chromium, or undefined where there is none. */
export function chromiumLaunch({ webgpu = false }: ChromiumOptions = {}): Launch | undefined {
  const executablePath = chromiumPath();
  if (!executablePath) return undefined;
  return {
    executablePath,
    args: [...ARGUMENTS, ...(webgpu ? WEBGPU[webgpu === "system" ? webgpu : "software"] : [])],
    env: { ...definedEnvironment(), ...environment(executablePath) },
  };
}

const ARGUMENTS = [
  // In containers one is root, and the sandbox cannot be.
  "--no-sandbox",
  // Nothing leaves this machine.
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

const WEBGPU = {
  software: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  system: ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--ignore-gpu-blocklist"],
};

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** The binary, unpacked where it has to be, or undefined. */
export function chromiumPath(): string | undefined {
  if (process.env.DL_CHROMIUM) return process.env.DL_CHROMIUM;
  if (process.platform === "linux" && process.arch === "x64") return join(unpacked(), "chromium");
  return SYSTEM.find((path) => existsSync(path));
}

/** The folder with what the package packs: `chromium`, the drivers beside it, `fonts/` and `al2023/lib/`. 220 MB. */
function unpacked(): string {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folder = join(tmpdir(), `dl-chromium-${version}`);
  if (existsSync(folder)) return folder;
  // Another process may be doing the same: the folder appears whole or not at all. The package unpacks into TMPDIR.
  const part = mkdtempSync(`${folder}.`);
  const program = `
    import chromium, { inflate } from "@sparticuz/chromium";
    await chromium.executablePath();
    await inflate(${JSON.stringify(join(root, "bin", "al2023.tar.br"))});`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: part, NODE_OPTIONS: "" },
  });
  try {
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Where the package's binary finds its libraries and fonts. */
function environment(executablePath: string): Record<string, string> {
  const folder = dirname(executablePath);
  const libraries = join(folder, "al2023", "lib");
  if (!existsSync(libraries)) return {};
  return { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: join(folder, "fonts") };
}

function definedEnvironment(): Record<string, string> {
  const variables = Object.entries(process.env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(variables) as Record<string, string>;
}

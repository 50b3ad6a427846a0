/** One Chromium in which every peer has a page, and the server that the pages come from. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { createServer, defaultClientConditions, type ViteDevServer } from "vite";
import { launchChromium } from "../../../scripts/chromium.ts";
import type { Reply, Request } from "../child/protocol.ts";
import type { Asked } from "../compare.ts";

const folder = fileURLToPath(new URL("../..", import.meta.url));

export interface PagePeer {
  readonly name: string;
  readonly version: string;
  missing(): string | undefined;
}
export const ours: PagePeer = { name: "ours", version: "source", missing: () => undefined };
export const pagePeers: readonly PagePeer[] = [
  installed("tfjs-webgpu", "@tensorflow/tfjs-backend-webgpu"),
  installed("jax-js-webgpu", "@jax-js/jax"),
];

function installed(name: string, from: string): PagePeer {
  const path = `${folder}node_modules/${from}/package.json`;
  const version = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : "";
  return { name, version, missing: () => (version ? undefined : `${from} is not installed`) };
}

/** For starting, and the runs that a request may take. */
const START_MS = 60_000;
const RUNS = 10;

export class Browsing {
  /** Which Chromium, and which GPU it computes on. */
  readonly description: string;
  /** The GPU is the CPU. */
  readonly isSoftware: boolean;
  readonly #browser: Browser;
  readonly #server: ViteDevServer;

  private constructor(browser: Browser, server: ViteDevServer, adapter: Adapter) {
    this.#browser = browser;
    this.#server = server;
    const { words, isSoftware } = adapter;
    const how = isSoftware ? " (IN SOFTWARE, on the CPU)" : "";
    this.description = `Chromium ${browser.version()}   adapter: ${words}${how}`;
    this.isSoftware = isSoftware;
  }

  static async open(): Promise<Browsing> {
    const server = await createServer({
      configFile: false,
      root: folder,
      logLevel: "error",
      resolve: { conditions: ["@dl/source", ...defaultClientConditions] },
      // Found while pages run, they would make the pages load once more.
      optimizeDeps: {
        include: ["@jax-js/jax", "@tensorflow/tfjs", "@tensorflow/tfjs-backend-webgpu"],
        entries: [],
      },
      server: {
        host: "localhost",
        port: 0,
        hmr: false,
        watch: null,
        // Clocks are precise where a page is isolated.
        headers: {
          "Cross-Origin-Opener-Policy": "same-origin",
          "Cross-Origin-Embedder-Policy": "require-corp",
        },
      },
    });
    await server.listen();
    // The machine's GPU if there is one, else SwiftShader.
    for (const webgpu of ["system", "software"] as const) {
      const browser = await launchChromium({ webgpu });
      const adapter = await adapterIn(browser, server);
      if (adapter) return new Browsing(browser, server, adapter);
      await browser.close();
    }
    await server.close();
    throw new Error("Chromium has no WebGPU adapter here, not even the one in software.");
  }

  side(peer: PagePeer): PageSide {
    return new PageSide(peer, () => openPage(this.#browser, this.#server, peer.name));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }
}

async function openPage(browser: Browser, server: ViteDevServer, name: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.resolvedUrls!.local[0]}src/pages/page.html#${name}`);
  return page;
}

interface Adapter {
  readonly words: string;
  readonly isSoftware: boolean;
}

async function adapterIn(browser: Browser, server: ViteDevServer): Promise<Adapter | undefined> {
  const page = await openPage(browser, server, "");
  const adapter = await page.evaluate(async () => {
    const info = (await navigator.gpu?.requestAdapter())?.info;
    if (!info) return undefined;
    const names = [info.vendor, info.architecture, info.description].filter(Boolean);
    return { words: names.join(" "), isSoftware: info.isFallbackAdapter };
  });
  await page.close();
  return adapter;
}

/** A peer's page: it stays open and answers one request at a time. */
export class PageSide implements Asked {
  readonly peer: PagePeer;
  readonly #open: () => Promise<Page>;
  #page: Page | undefined;

  constructor(peer: PagePeer, open: () => Promise<Page>) {
    this.peer = peer;
    this.#open = open;
  }

  get version(): string {
    return this.peer.version;
  }

  async ask(request: Request): Promise<Reply> {
    const patience = this.#page ? RUNS * request.limit : START_MS + RUNS * request.limit;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Reply>((resolve) => {
      timer = setTimeout(() => {
        void this.#page?.close();
        this.#page = undefined;
        resolve({ cannot: `no result within ${patience / 1000} s` });
      }, patience);
    });
    return Promise.race([this.#answer(request), late]).finally(() => clearTimeout(timer));
  }

  async #answer(request: Request): Promise<Reply> {
    try {
      this.#page ??= await this.#open();
      const isThere = () => globalThis.answer ?? globalThis.failure;
      await this.#page.waitForFunction(isThere, undefined, { timeout: START_MS });
      return await this.#page.evaluate(
        (asked) => globalThis.answer?.(asked) ?? { error: globalThis.failure! },
        request,
      );
    } catch (error) {
      return { error: (error as Error).message.split("\n")[0] };
    }
  }
}

/** The page in a browser without a window, for the test and for the picture in the README. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build, createServer, preview } from "vite";
import type { Report } from "./src/protocol.ts";
import { NOT_ISOLATED } from "./vite.config.ts";

const root = import.meta.dirname;

export interface Site {
  readonly url: string;
  /** The folder with the built page, if it was built. */
  readonly folder?: string;
  close(): Promise<void>;
}

/** The page built, and served from where it was built into. */
export async function serveBuild(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "dl-browser-"));
  const options = { root, logLevel: "error" } as const;
  await build({ ...options, build: { outDir: folder, emptyOutDir: true } });
  const server = await preview({
    ...options,
    build: { outDir: folder },
    preview: { host: "127.0.0.1" },
  });
  return {
    url: server.resolvedUrls!.local[0],
    folder,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
/** The page as it is developed; without isolation it gets no threads. */
export async function serveSource({ isolated = true } = {}): Promise<Site> {
  const server = await createServer({
    root,
    logLevel: "error",
    mode: isolated ? undefined : NOT_ISOLATED,
    server: { host: "127.0.0.1" },
  });
  await server.listen();
  return { url: server.resolvedUrls!.local[0], close: () => server.close() };
}

/** The page, when it is ready. */
export async function openPage(
  browser: Browser,
  site: Site,
  options?: BrowserContextOptions,
): Promise<Page> {
  const page = await browser.newPage(options);
  // Machines that run tests may be busy.
  page.setDefaultTimeout(90_000);
  await page.addInitScript(keepLosses);
  await page.goto(site.url);
  await page.locator("#run:enabled").waitFor();
  return page;
}

declare global {
  /** The losses that the worker has reported since it began, or began anew. */
  var reportedLosses: number[];
}
/** Listens, in the page, to what the worker tells it. */
function keepLosses(): void {
  globalThis.reportedLosses = [];
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener("message", ({ data: report }: MessageEvent<Report>) => {
        if (report.type === "progress") reportedLosses.push(...report.losses);
        if (report.type === "reset") reportedLosses = [];
      });
    }
  };
}

/** Hands the page MNIST's files, as they lie in a folder. */
export async function useMnist(page: Page, folder: string): Promise<void> {
  const names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
  await page.locator("#files").setInputFiles(names.map((n) => join(folder, `${n}-ubyte.gz`)));
  await page.getByText("60,000 to train on. Some of 10,000 to test on").waitFor();
}

/** How many points the chart of the loss has. */
export const pointsOf = (page: Page): Promise<number> =>
  page.locator("#chart svg").evaluate((svg) => Number((svg as SVGElement).dataset.points));

export async function waitForPoints(page: Page, points: number): Promise<void> {
  await page.locator("#chart svg").and(page.locator(`[data-points]`)).waitFor();
  await page.waitForFunction(
    (wanted) => Number(document.querySelector<SVGElement>("#chart svg")?.dataset.points) >= wanted,
    points,
  );
}

/** Draws on the pad with the mouse, in a square from 0 to 1. */
export async function drawStroke(
  page: Page,
  points: readonly (readonly [x: number, y: number])[],
): Promise<void> {
  await page.locator("#pad").scrollIntoViewIfNeeded();
  const box = (await page.locator("#pad").boundingBox())!;
  const place = ([x, y]: readonly [number, number]) =>
    [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...place(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...place(point), { steps: 6 });
  await page.mouse.up();
}

/** The ten probabilities on the page, once there are any. */
export async function probabilitiesOf(page: Page): Promise<number[]> {
  await page.locator("#bars li[data-probability]:not([data-probability=''])").first().waitFor();
  return page
    .locator("#bars li")
    .evaluateAll((bars) => bars.map((bar) => Number((bar as HTMLElement).dataset.probability)));
}

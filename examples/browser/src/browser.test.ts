/** The page as a reader uses it, in Chromium. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumLaunch, HOW_TO_GET_ONE, launchChromium } from "../../../scripts/chromium.ts";
import { fixture } from "../../../tests/parity/fixture.ts";
import {
  drawStroke,
  openPage,
  pointsOf,
  probabilitiesOf,
  type Site,
  serveBuild,
  serveSource,
  useMnist,
  waitForPoints,
} from "../driver.ts";
import { idxFiles } from "./testing.ts";

const hasChromium = chromiumLaunch() !== undefined;
if (!hasChromium) console.warn(`The page is not tested: there is no Chromium. ${HOW_TO_GET_ONE}`);

const data = process.env.DL_DATA ?? "./data";
const hasMnist = existsSync(join(data, "mnist"));
interface Curve {
  readonly model: string;
  readonly optimizer: string;
  readonly losses: number[];
}

describe.skipIf(!hasChromium)("the page", () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  const text = (id: string) => page.locator(`#${id}`).innerText();
  const run = (label: string) => page.getByRole("button", { name: label, exact: true }).click();

  const unlessNoGpu = async (skip: (reason: string) => void) => {
    if (!(await page.getByLabel("WebGPU").isDisabled())) return;
    const reason = await text("backend-note");
    console.warn(`The page is not tested on a GPU. ${reason}`);
    skip(reason);
  };

  beforeAll(async () => {
    browser = await launchChromium({ webgpu: true });
    site = await serveBuild();
    page = await openPage(browser, site);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  test("is isolated, and computes on as many threads as there are", async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await text("backend-note")).toMatch(/CPU: WebAssembly on (\d+ threads|one thread)/);
  });

  test("trains: the loss falls, and the chart with it", async () => {
    await page.getByLabel("Batch size").selectOption("32");
    await run("Start");
    await waitForPoints(page, 5);
    const first = Number(await text("loss"));
    await waitForPoints(page, 40);
    expect(Number(await text("loss"))).toBeLessThan(first - 0.2);
    expect(Number((await text("speed")).replace(",", ""))).toBeGreaterThan(0);
    expect(await text("memory")).toMatch(/^[\d.]+ MB$/);
    const line = page.locator("#chart path.mean");
    expect((await line.getAttribute("d"))!.split("L").length).toBeGreaterThan(20);
  });

  test("stops at Pause, and goes on where it was", async () => {
    await run("Pause");
    await page.locator("#status[data-status=paused]").waitFor();
    await page.waitForTimeout(100);
    const points = await pointsOf(page);
    await page.waitForTimeout(500);
    expect(await pointsOf(page)).toBe(points);
    await run("Resume");
    await waitForPoints(page, points + 2);
  });

  test("refuses files that are something else, by name, and loses nothing", async () => {
    const points = await pointsOf(page);
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["<!doctype html>"], "train-images-idx3-ubyte.gz"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
    });
    const message = page.getByRole("alert");
    await message.getByText("train-images-idx3-ubyte.gz: not an IDX file").waitFor();
    await waitForPoints(page, points + 2);
    await run("Dismiss");
    expect(await message.innerText()).toBe("");
  });

  test("trains on MNIST's files, packed or not", async () => {
    const [train, held] = [idxFiles(500, 7), idxFiles(60, 8)];
    const file = (name: string, bytes: Uint8Array) => ({
      ...{ name, mimeType: "", buffer: Buffer.from(bytes) },
    });
    const input = page.locator("#files");
    await input.setInputFiles([file("train-images-idx3-ubyte.gz", train.images)]);
    await page.getByText("Still to come: training labels.").waitFor();
    await input.setInputFiles([
      file("train-labels-idx1-ubyte", train.labels),
      file("t10k-images-idx3-ubyte.gz", held.images),
      file("t10k-labels-idx1-ubyte", held.labels),
    ]);
    await page.getByText("500 to train on. Some of 60 to test on").waitFor();
    await page.getByText("of 60 test digits").waitFor();
    await run("Back to drawn digits");
    await page.getByText("Drawn by this page").waitFor();
  });

  test("reads a 1 that is drawn with the mouse while it trains", async () => {
    await waitForPoints(page, 150);
    const line = [0.2, 0.5, 0.8].map((y) => [0.5, y] as const);
    await drawStroke(page, line);
    await expect.poll(async () => argmax(await probabilitiesOf(page)), { timeout: 20_000 }).toBe(1);
    const probabilities = await probabilitiesOf(page);
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(await text("answer")).toMatch(/a 1\./);
    expect(await text("accuracy")).toMatch(/^[\d.]+ %$/);
  });

  test("can be drawn on with the keyboard", async () => {
    await page.locator("#pad").focus();
    await page.keyboard.press("Escape");
    await expect.poll(() => text("answer")).toBe("");
    await page.keyboard.press("Space");
    for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    expect(await probabilitiesOf(page)).toHaveLength(10);
  });

  test("forgets everything at Reset", async () => {
    await run("Reset");
    await page.locator("#status[data-status=idle]").waitFor();
    expect(await pointsOf(page)).toBe(0);
    expect(await text("steps")).toBe("no steps yet");
  });

  test("works without isolation on one thread, from the sources", async () => {
    const source = await serveSource({ isolated: false });
    const other = await openPage(browser, source);
    expect(await other.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await other.locator("#backend-note").innerText()).toContain("on one thread");
    await other.getByLabel("Batch size").selectOption("16");
    await other.getByRole("button", { name: "Start" }).click();
    await waitForPoints(other, 3);
    await other.close();
    await source.close();
  });

  describe.skipIf(!hasMnist)(
    `on MNIST itself${hasMnist ? "" : ` (skipped: no MNIST in ${data}; set DL_DATA)`}`,
    () => {
      const { losses } = fixture<Curve[]>("mnist").find(
        ({ model, optimizer }) => model === "cnn" && optimizer === "Adam",
      )!;
      /** From the beginning, with the settings that the page has when it is opened. */
      const firstLosses = async (backend: "CPU" | "WebGPU", count: number) => {
        if (await page.locator("#reset").isEnabled()) await run("Reset");
        await page.getByText(backend, { exact: true }).click();
        await page.getByLabel("Batch size").selectOption("64");
        await run("Start");
        await page.waitForFunction((wanted) => reportedLosses.length >= wanted, count, {
          timeout: 280_000,
        });
        await run("Pause");
        await page.locator("#status[data-status=paused]").waitFor();
        return page.evaluate((wanted) => reportedLosses.slice(0, wanted), count);
      };
      const distance = (actual: number[]) =>
        Math.max(...actual.map((loss, i) => Math.abs(loss - losses[i])));

      test("the losses are those of PyTorch's program", async () => {
        await useMnist(page, join(data, "mnist"));
        expect(distance(await firstLosses("CPU", 20))).toBeLessThan(1e-3);
      });
      test("and on a GPU", { timeout: 300_000 }, async ({ skip }) => {
        await unlessNoGpu(skip);
        // In software a step takes seconds; Node's test of the same kernels goes on to 20.
        expect(distance(await firstLosses("WebGPU", 8))).toBeLessThan(1e-3);
        await run("Reset");
        await run("Back to drawn digits");
        await page.getByText("CPU", { exact: true }).click();
      });
    },
  );

  // The last one: in software a GPU keeps all cores busy for a while, beyond the end of the test.
  test("goes on elsewhere: on the GPU, with what the CPU has learnt", { timeout: 240_000 }, async ({
    skip,
  }) => {
    await unlessNoGpu(skip);
    await page.getByLabel("Batch size").selectOption("16");
    await run("Start");
    await waitForPoints(page, 40);
    await page.getByText("WebGPU", { exact: true }).click();
    await page.getByText("Training on WebGPU").waitFor({ timeout: 200_000 });
    await waitForPoints(page, 1 + (await pointsOf(page)));
    // What it has learnt is there: of a new network the loss would be 2.3.
    const loss = await page.locator("#chart svg").getAttribute("data-last");
    expect(Number(loss)).toBeLessThan(2);
    expect(await page.getByRole("alert").innerText()).toBe("");
  });
});

const argmax = (values: number[]): number => values.indexOf(Math.max(...values));

/** Renews `screenshot.png`, or with a folder as argument writes the page there in light, dark and narrow. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { launchChromium } from "../../scripts/chromium.ts";
import { drawStroke, openPage, probabilitiesOf, serveBuild } from "./driver.ts";

/** Points of an arc, between angles in degrees. */
const arc = (y: number, radius: number, from: number, to: number) =>
  Array.from({ length: 12 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 11) * Math.PI) / 180;
    return [0.48 + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
  });
const THREE = [...arc(0.33, 0.17, -160, 80), ...arc(0.67, 0.19, -80, 150)];
const LOOKS: Record<string, BrowserContextOptions> = {
  light: { viewport: { width: 1180, height: 800 } },
  dark: { viewport: { width: 1180, height: 800 }, colorScheme: "dark" },
  narrow: { viewport: { width: 390, height: 800 } },
};

const [folder] = process.argv.slice(2);
const enough = Number(process.env.ACCURACY ?? 0.97);
const site = await serveBuild();
const browser = await launchChromium({ webgpu: true });
for (const [look, options] of Object.entries(LOOKS)) {
  if (!folder && look !== "light") continue;
  const page = await openPage(browser, site, options);
  if (folder) await page.screenshot({ path: join(folder, `${look}-at-first.png`), fullPage: true });
  await page.locator("#run").click();
  await page.waitForFunction(
    (least) => Number.parseFloat(document.getElementById("accuracy")!.innerText) >= 100 * least,
    enough,
    { timeout: 0 },
  );
  await drawStroke(page, THREE);
  await probabilitiesOf(page);
  await page.waitForTimeout(1500);
  const path = folder ? join(folder, `${look}.png`) : join(import.meta.dirname, "screenshot.png");
  await page.screenshot({ path, fullPage: true });
  console.log(`${path}: ${Math.round((await stat(path)).size / 1000)} KB`);
  await page.close();
}
await browser.close();
await site.close();

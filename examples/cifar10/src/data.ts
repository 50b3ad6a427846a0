import type { ImageDataset } from "@dl/data";
import { cifar10, type DownloadProgress, MissingFilesError } from "@dl/data/node";
import { drawShapes } from "./shapes.ts";

export interface Photographs {
  readonly name: "CIFAR-10" | "drawn shapes";
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** The tutorial's normalisation: from −1 to 1. */
const normalize = { mean: 0.5, std: 0.5 };

/** CIFAR-10; where it is not, shapes that the program draws, and it says so. */
export async function load(options: { root?: string; download?: boolean }): Promise<Photographs> {
  try {
    const all = { ...options, normalize, onProgress: showDownload };
    const train = await cifar10({ ...all, train: true });
    const test = await cifar10({ ...all, train: false });
    return { name: "CIFAR-10", train, test };
  } catch (error) {
    // A damaged file is no reason to go on with other data.
    if (!(error instanceof MissingFilesError)) throw error;
    console.log(`${error.message}.\n`);
    console.log("CIFAR-10 IS NOT AVAILABLE: training on shapes that this program draws itself.\n");
    return {
      name: "drawn shapes",
      train: drawShapes(10_000, { seed: 1, normalize }),
      test: drawShapes(2000, { seed: 2, normalize }),
    };
  }
}

let shownAt = 0;
function showDownload({ file, bytes, total }: DownloadProgress): void {
  if (performance.now() - shownAt < 2000 && bytes !== total) return;
  shownAt = performance.now();
  const share = total ? ` of ${(total / 1e6).toFixed(0)}` : "";
  console.log(`downloading ${file}: ${(bytes / 1e6).toFixed(0)}${share} MB`);
}

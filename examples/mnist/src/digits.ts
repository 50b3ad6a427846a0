import { drawDigits, type ImageDataset } from "@dl/data";
import { type DownloadProgress, MissingFilesError, mnist } from "@dl/data/node";

export interface Digits {
  readonly name: "MNIST" | "drawn digits";
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** MNIST from a folder or from the network; where there is neither, digits that the program draws, and it says so. */
export async function loadDigits(root: string | undefined): Promise<Digits> {
  const options = { root, download: true, normalize: true, onProgress: showDownload };
  try {
    const train = await mnist({ ...options, train: true });
    const test = await mnist({ ...options, train: false });
    return { name: "MNIST", train, test };
  } catch (error) {
    // A damaged file is no reason to go on with other data.
    if (!(error instanceof MissingFilesError)) throw error;
    console.log(`${error.message}.\n`);
    console.log(
      "MNIST IS NOT AVAILABLE: training on 10,000 digits that this program draws itself.\n",
    );
    const normalize = { mean: 0.1307, std: 0.3081 };
    return {
      name: "drawn digits",
      train: drawDigits(10_000, { seed: 1, normalize }),
      test: drawDigits(2_000, { seed: 2, normalize }),
    };
  }
}

function showDownload({ file, bytes, total }: DownloadProgress): void {
  if (!process.stdout.isTTY && bytes !== total) return;
  const share = total ? ` (${Math.round((100 * bytes) / total)} %)` : "";
  const line = `downloading ${file}: ${(bytes / 1e6).toFixed(1)} MB${share}`;
  process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  if (process.stdout.isTTY && bytes === total) process.stdout.write("\n");
}

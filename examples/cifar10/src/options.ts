import { parseArgs } from "node:util";

const USAGE = `node --conditions=@dl/source examples/cifar10/src/main.ts [options]

  (none)           the tutorial's network on 8,000 of the images, one epoch, tested on 2,000
  --full           on all 50,000 images, three epochs, tested on 10,000
  --best           another network, with augmentation and a schedule, on all images
  --epochs N       default 1; 3 with --full; 6 with --best
  --limit N        train on the first N images only
  --test N         test on the first N images only
  --seed N         default 0
  --data PATH      the folder with CIFAR-10's files; default DL_DATA, else ./data
  --download       fetch them if they are not there (170 MB)`;

export interface Options {
  readonly mode: "quick" | "full" | "best";
  readonly epochs: number;
  readonly limit: number;
  readonly test: number;
  readonly seed: number;
  readonly data: string | undefined;
  readonly download: boolean;
}

export function parseOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        full: { type: "boolean", default: false },
        best: { type: "boolean", default: false },
        epochs: { type: "string" },
        limit: { type: "string" },
        test: { type: "string" },
        seed: { type: "string", default: "0" },
        data: { type: "string" },
        download: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    if (values.full && values.best) throw new Error("--full and --best do not go together");
    const mode = values.best ? "best" : values.full ? "full" : "quick";
    return {
      mode,
      epochs: whole("epochs", values.epochs) ?? { quick: 1, full: 3, best: 6 }[mode],
      limit: whole("limit", values.limit) ?? (mode === "quick" ? 8000 : 50_000),
      test: whole("test", values.test) ?? (mode === "quick" ? 2000 : 10_000),
      seed: whole("seed", values.seed, 0)!,
      data: values.data,
      download: values.download,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function whole(name: string, value: string | undefined, from = 1): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value) || Number(value) < from)
    throw new Error(`--${name} is a whole number from ${from}, got ${value}`);
  return Number(value);
}

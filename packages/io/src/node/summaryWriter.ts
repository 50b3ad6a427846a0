import { hostname } from "node:os";
import { join } from "node:path";
import { DlError, isTensor, type Tensor } from "@dl/tensor/core";
import { type DataFormats, pixelsOf } from "../png/pixels.ts";
import { encodePng } from "../png/write.ts";
import {
  histogramEvent,
  imageEvent,
  type Moment,
  scalarEvent,
  sessionStart,
  textEvent,
} from "../tensorboard/events.ts";
import { type HistogramBins, histogramOf } from "../tensorboard/histogram.ts";
import { EventFile } from "./eventFile.ts";

export interface SummaryWriterOptions {
  /** The folder of this run, made if it is not there. Default: `runs/Nov21_09-03-24_HOST`, for the time and machine. */
  logDir?: string;
  /** What the default folder's name ends with. */
  comment?: string;
  /** A run that goes on at this step: what it wrote from there on before is not shown. */
  purgeStep?: number;
  /** What the names of files end with. */
  filenameSuffix?: string;
}

export interface SummaryOptions {
  /** The step of training that it belongs to. Default 0. */
  globalStep?: number;
  /** Seconds since 1970. Default: now. */
  walltime?: number;
}
export interface HistogramOptions extends SummaryOptions {
  /** Default `"tensorflow"`: bins from 1e-12 to 1e20, each 1.1 times as wide as the one before it, of either sign. */
  bins?: HistogramBins;
}
export interface ImageOptions extends SummaryOptions {
  /** What the tensor's dimensions are. Of several images one is made, eight side by side. Default `"CHW"`. */
  dataformats?: DataFormats;
}
/** `addScalar("loss", 0.5, 3)` or `addScalar("loss", 0.5, { globalStep: 3 })`. */
type Step<O> = number | O;

/**
 * Writes what TensorBoard shows: curves, distributions, images and texts of a run. `tensorboard --logdir runs` shows
 * them while training goes on.
 *
 * Calls return at once, and take tensors on any device. Events go to the disk as fast as it takes them and are there when
 * `flush()` or `close()` is over, which also throw what went wrong meanwhile. A program that just ends loses nothing; after
 * `process.exit()` the last ones may be missing.
 *
 * @see https://docs.pytorch.org/docs/stable/tensorboard.html
 *
 * @example
 * ```ts no-run: writes files
 * const writer = new SummaryWriter({ logDir: "runs/first" });
 * writer.addScalar("loss/train", 0.25, 1);
 * writer.addScalars("accuracy", { train: 0.9, test: 0.8 }, 1);
 * writer.addHistogram("weights", tensor([0.1, -0.2, 0.3]), 1);
 * await writer.close();
 * ```
 */
export class SummaryWriter {
  readonly logDir: string;
  readonly #suffix: string;
  /** By folder: that of the run, and one per curve of `addScalars`. */
  readonly #files = new Map<string, EventFile>();
  #closed = false;

  constructor(options: SummaryWriterOptions = {}) {
    const { comment = "", purgeStep, filenameSuffix = "" } = options;
    this.logDir =
      options.logDir ?? join("runs", `${timestamp(new Date())}_${hostname()}${comment}`);
    this.#suffix = filenameSuffix;
    const file = this.#file(this.logDir);
    if (purgeStep !== undefined) {
      file.add(sessionStart(this.#moment("SummaryWriter", { globalStep: purgeStep })));
    }
  }

  /**
   * A point of a curve.
   *
   * @param tag the curve's name; what stands before a slash groups them.
   * @param scalarValue a number, or a tensor of one element.
   */
  addScalar(tag: string, scalarValue: number | Tensor, options: Step<SummaryOptions> = {}): void {
    this.#scalar("addScalar", this.logDir, tag, scalarValue, options);
  }

  /** Points of several curves in one chart. Each has a run of its own, in a folder beside the files of this one. */
  addScalars(
    mainTag: string,
    tagScalarDict: Readonly<Record<string, number | Tensor>>,
    options: Step<SummaryOptions> = {},
  ): void {
    for (const [tag, value] of Object.entries(tagScalarDict)) {
      const folder = join(this.logDir, `${mainTag.replaceAll("/", "_")}_${tag}`);
      this.#scalar("addScalars", folder, mainTag, value, options);
    }
  }

  #scalar(
    name: string,
    folder: string,
    tag: string,
    value: number | Tensor,
    options: Step<SummaryOptions>,
  ): void {
    const op = `SummaryWriter.${name}(${JSON.stringify(tag)})`;
    const at = this.#moment(op, options);
    if (isTensor(value)) {
      if (value.numel !== 1) {
        throw new DlError(
          "value",
          `${op}: a number or a tensor of one element is wanted, got ${value.numel} elements: use mean(), or addHistogram`,
        );
      }
      this.#file(folder).add(value.data().then(([x]) => scalarEvent(at, tag, x)));
    } else if (typeof value === "number") this.#file(folder).add(scalarEvent(at, tag, value));
    else throw new DlError("value", `${op}: a number is wanted, got ${typeof value}`);
  }

  /** How values are distributed: weights, gradients, activations. */
  addHistogram(
    tag: string,
    values: Tensor | ArrayLike<number>,
    options: Step<HistogramOptions> = {},
  ): void {
    const op = `SummaryWriter.addHistogram(${JSON.stringify(tag)})`;
    const at = this.#moment(op, options);
    const { bins = "tensorflow" } = typeof options === "number" ? {} : options;
    const data = isTensor(values) ? values.data() : Promise.resolve(Array.from(values));
    const event = data.then((x) => histogramEvent(at, tag, histogramOf(x, bins, op)));
    this.#file(this.logDir).add(event);
  }

  /** An image: numbers from 0 to 1, or uint8. */
  addImage(tag: string, imgTensor: Tensor, options: Step<ImageOptions> = {}): void {
    this.#image("addImage", tag, imgTensor, options, "CHW");
  }

  /** Several images as one, eight side by side: `addImage` with `dataformats: "NCHW"`. */
  addImages(tag: string, imgTensor: Tensor, options: Step<ImageOptions> = {}): void {
    this.#image("addImages", tag, imgTensor, options, "NCHW");
  }

  #image(
    name: string,
    tag: string,
    image: Tensor,
    options: Step<ImageOptions>,
    usual: DataFormats,
  ): void {
    const op = `SummaryWriter.${name}(${JSON.stringify(tag)})`;
    const at = this.#moment(op, options);
    const { dataformats = usual } = typeof options === "number" ? {} : options;
    const event = pixelsOf(image, dataformats, op).then(async (pixels) =>
      imageEvent(at, tag, pixels, await encodePng(pixels)),
    );
    this.#file(this.logDir).add(event);
  }

  /** Text, which is shown as Markdown. */
  addText(tag: string, textString: string, options: Step<SummaryOptions> = {}): void {
    const at = this.#moment(`SummaryWriter.addText(${JSON.stringify(tag)})`, options);
    this.#file(this.logDir).add(textEvent(at, tag, textString));
  }

  /** Waits until everything is on the disk. */
  async flush(): Promise<void> {
    const flushed = await Promise.allSettled([...this.#files.values()].map((f) => f.flush()));
    const failed = flushed.find((f) => f.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Waits until everything is on the disk; nothing can be added after it. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #moment(op: string, options: Step<SummaryOptions>): Moment {
    if (this.#closed) throw new DlError("value", `${op}: the writer is closed`);
    const { globalStep = 0, walltime = Date.now() / 1000 } =
      typeof options === "number" ? { globalStep: options } : options;
    if (!Number.isSafeInteger(globalStep)) {
      throw new DlError("value", `${op}: globalStep is ${globalStep}, a whole number is wanted`);
    }
    return { step: globalStep, walltime };
  }
  #file(folder: string): EventFile {
    let file = this.#files.get(folder);
    if (!file) this.#files.set(folder, (file = new EventFile(folder, this.#suffix)));
    return file;
  }
}

/** `Nov21_09-03-24` */
function timestamp(date: Date): string {
  const month = date.toLocaleString("en", { month: "short" });
  const two = (n: number): string => String(n).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join("-");
  return `${month}${two(date.getDate())}_${time}`;
}

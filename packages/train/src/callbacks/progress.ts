import type { Callback, Run, Step } from "../callback.ts";
import { type EpochRecord, valuesOf } from "../history.ts";

/** How far training is. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number | null;
  /** The mean of the epoch when it was last read; null before. */
  readonly loss: number | null;
  /** Of all epochs, from 0 to 1; null where the number of batches is not known. */
  readonly share: number | null;
  readonly examplesPerSecond: number;
  readonly secondsLeft: number | null;
  /** At the end of an epoch: its numbers. */
  readonly record: EpochRecord<any> | null;
}

export interface ProgressLoggerOptions {
  /** Where text goes. Default: the terminal; in a browser the console. Null: nowhere. */
  write?: ((text: string) => unknown) | null;
  /** Whether a line can be written over. Default: whether there is a terminal. */
  isLive?: boolean;
  /** How often, in seconds, something is shown within an epoch. Default 0.1 on a live line, else 10. */
  interval?: number;
  /** Called as often, and at the end of every epoch: for a page. */
  onProgress?: (progress: Progress) => unknown;
}

interface Terminal {
  process?: { stdout?: { isTTY?: boolean; write?(text: string): unknown } };
}

/**
 * Shows how training goes: on a terminal one line that is written over, elsewhere lines; and a line for every epoch.
 *
 * @example
 * const lines: string[] = [];
 * const progress = new ProgressLogger({ write: (text) => lines.push(text), isLive: false });
 * progress.isLive // => false
 */
export class ProgressLogger implements Callback {
  readonly isLive: boolean;
  readonly #write: ((text: string) => unknown) | null;
  readonly #interval: number;
  readonly #onProgress: ((progress: Progress) => unknown) | undefined;
  #epochStart = 0;
  #shownAt = 0;
  #examples = 0;
  #loss: number | null = null;
  /** Seconds per epoch before this. */
  #secondsPerEpoch: number | null = null;
  #hasLine = false;

  constructor({ write, isLive, interval, onProgress }: ProgressLoggerOptions = {}) {
    const { stdout } = (globalThis as Terminal).process ?? {};
    this.isLive = isLive ?? (write === undefined && stdout?.isTTY === true);
    const print = (text: string) => console.log(text.trimEnd());
    const usual = stdout?.write ? (text: string) => stdout.write!(text) : print;
    this.#write = write === undefined ? usual : write;
    this.#interval = 1000 * (interval ?? (this.isLive || write === null ? 0.1 : 10));
    this.#onProgress = onProgress;
  }

  onEpochStart(): void {
    this.#epochStart = this.#shownAt = performance.now();
    this.#examples = 0;
    this.#loss = null;
  }
  onStepEnd(run: Run, { size, meanLoss }: Step): void {
    this.#examples += size;
    this.#loss = meanLoss ?? this.#loss;
    const now = performance.now();
    if (now - this.#shownAt < this.#interval) return;
    this.#shownAt = now;
    const progress = this.#progress(run, now, null);
    const { epoch, epochs, batch, batches, loss, examplesPerSecond, secondsLeft } = progress;
    this.#show(
      [
        `epoch ${epoch}/${epochs}`,
        `batch ${batch}${batches === null ? "" : `/${batches}`}`,
        loss === null ? "" : `loss ${shown(loss)}`,
        `${whole(examplesPerSecond)}/s`,
        secondsLeft === null ? "" : `${duration(secondsLeft)} left`,
      ],
      this.isLive,
    );
    this.#onProgress?.(progress);
  }
  onEpochEnd(run: Run, record: EpochRecord<any>): void {
    const now = performance.now();
    this.#secondsPerEpoch = (now - this.#epochStart) / 1000;
    const { epoch, seconds, examplesPerSecond, ...values } = valuesOf(record);
    this.#show(
      [
        `epoch ${epoch}/${run.epochs}`,
        ...Object.entries(values).map(([name, value]) => `${name} ${shown(value)}`),
        duration(seconds),
        `${whole(examplesPerSecond)}/s`,
      ],
      false,
    );
    this.#onProgress?.(this.#progress(run, now, record));
  }
  onTrainEnd({ stopped }: Run): void {
    if (stopped !== null) this.#show([`stopped: ${stopped}`], false);
    this.onTrainError();
  }
  onTrainError(): void {
    // So that what comes next does not begin in the middle of a line.
    if (this.#hasLine) this.#write?.("\n");
    this.#hasLine = false;
  }

  #progress(run: Run, now: number, record: EpochRecord<any> | null): Progress {
    const { epoch, epochs, batch, batches } = run;
    const seconds = (now - this.#epochStart) / 1000;
    const inEpoch = record ? 1 : batches === null ? null : batch / batches;
    const perEpoch = this.#secondsPerEpoch ?? (inEpoch ? seconds / inEpoch : null);
    const left = inEpoch === null ? null : epochs - epoch + 1 - inEpoch;
    return {
      epoch,
      epochs,
      batch,
      batches,
      loss: record?.loss ?? this.#loss,
      share: left === null ? null : 1 - left / epochs,
      examplesPerSecond: record?.examplesPerSecond ?? this.#examples / seconds,
      secondsLeft: left === null || perEpoch === null ? null : left * perEpoch,
      record,
    };
  }
  #show(parts: readonly string[], isPassing: boolean): void {
    const line = parts.filter(Boolean).join("   ");
    // To the start of the line, and clear it.
    this.#write?.(`${this.isLive ? "\r\x1b[K" : ""}${line}${isPassing ? "" : "\n"}`);
    this.#hasLine = isPassing;
  }
}

const whole = (n: number): string => Math.round(n).toLocaleString("en");
/** Four digits that matter. */
function shown(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  return size < 1e-3 || size >= 1e6
    ? x.toExponential(3)
    : String(Number(x.toFixed(size < 1 ? 4 : 3)));
}
function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  const pad = (n: number) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
}

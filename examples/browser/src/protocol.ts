/** What the page and its worker tell one another. */

export type BackendName = "cpu" | "webgpu";

export interface Settings {
  readonly backend: BackendName;
  readonly lr: number;
  readonly batchSize: number;
}

/** From the page to the worker. */
export type Command =
  /** Starts, or goes on after a pause. */
  | ({ readonly type: "start" } & Settings)
  | { readonly type: "pause" }
  /** Forgets what was learnt. */
  | { readonly type: "reset" }
  /** Others than those of the start; they hold from the next step. */
  | ({ readonly type: "settings" } & Settings)
  /** What is on the pad, 28×28 bytes, or that it is empty. It is looked at again as training goes on. */
  | { readonly type: "draw"; readonly id: number; readonly pixels: Uint8Array | null }
  /** Some or all of MNIST's files. */
  | { readonly type: "files"; readonly files: readonly File[] }
  /** Back to the digits that the program draws. */
  | { readonly type: "drawn" };

/** What the worker is doing. */
export type Status = "loading" | "idle" | "preparing" | "compiling" | "training" | "paused";

/** The name of the data that the program draws. */
export const DRAWN = "drawn digits";

/** A digit to be shown. */
export interface Sample {
  readonly pixels: Uint8Array;
  readonly label: number;
}

/** What there is to compute with. */
export type Availability =
  | { readonly available: true; readonly description: string; readonly preferred: boolean }
  | { readonly available: false; readonly reason: string };

/** From the worker to the page. */
export type Report =
  | { readonly type: "ready"; readonly backends: Record<BackendName, Availability> }
  | { readonly type: "status"; readonly status: Status; readonly backend: BackendName | null }
  | {
      readonly type: "progress";
      /** Of all steps that were not reported yet. */
      readonly losses: readonly number[];
      readonly examplesPerSecond: number;
      readonly epoch: number;
      /** Bytes on the device: in use, and taken from the system. */
      readonly live: number;
      readonly reserved: number;
    }
  | {
      readonly type: "accuracy";
      readonly step: number;
      readonly accuracy: number;
      readonly images: number;
      /** What the network takes the samples for. */
      readonly guesses: readonly number[];
    }
  /** Of the drawing with this id. */
  | { readonly type: "prediction"; readonly id: number; readonly probabilities: readonly number[] }
  | {
      readonly type: "data";
      readonly name: string;
      readonly train: number;
      readonly test: number;
      /** Digits to test on. */
      readonly samples: readonly Sample[];
    }
  /** What became of dropped files. */
  | {
      readonly type: "files";
      readonly problems: readonly string[];
      /** What is still missing before they can be used. */
      readonly missing: readonly string[];
    }
  | { readonly type: "reset" }
  | { readonly type: "error"; readonly message: string };

/** One end of the channel between the two. */
export interface Channel<Out, In> {
  postMessage(message: Out): void;
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

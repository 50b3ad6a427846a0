/**
 * Every error that dl throws on purpose. `code` is stable and names a section of docs/errors.md; the message says which
 * op (and, once it has passed through modules, which module path), what was expected, what came, and the likely fix.
 */
export type ErrorCode =
  | "shape" // shapes that do not fit together
  | "dtype" // an element type that an op cannot take
  | "index" // an index or class label out of range
  | "value" // an argument with an impossible value
  | "no-backend" // no default backend, or tensors of two
  | "no-autograd" // a gradient is wanted, @dl/autograd is not there
  | "gradient" // the backward pass cannot run
  | "in-place" // a write that would make a gradient wrong
  | "released" // use of a tensor whose scope has ended
  | "no-sync" // a device that cannot be read without waiting
  | "state-dict" // a checkpoint that does not fit
  | "data" // a file or sample that is not what it should be
  | "memory" // out of memory
  | "worker" // a thread of a backend stopped
  | "device" // no GPU, or one that is gone
  | "anomaly"; // the first NaN

export class DlError extends Error {
  readonly code: ErrorCode;
  /** Field names from the outermost module that was called to the one that failed. */
  readonly modulePath: string[] = [];
  readonly #message: string;
  #failed: string | null = null;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DlError";
    this.code = code;
    this.#message = message;
  }

  /**
   * Called on the way out of each module call, innermost first: the module's class, and under which name it holds the
   * part that failed. The message becomes `in Net.features.3 (Conv2d): ...`.
   */
  addModule(type: string, part?: string): void {
    this.#failed ??= type;
    if (part !== undefined) this.modulePath.unshift(part);
    // Read first: V8 writes the stack, which begins with the message, when it is asked for.
    const { message, stack } = this;
    const path = [type, ...this.modulePath].join(".");
    this.message = `in ${path}${this.modulePath.length > 0 ? ` (${this.#failed})` : ""}: ${this.#message}`;
    this.stack = stack?.replace(message, () => this.message);
  }
}

export class ShapeError extends DlError {
  constructor(message: string) {
    super("shape", message);
    this.name = "ShapeError";
  }
}

/** `[2, 3]` */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

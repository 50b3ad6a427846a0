import type { Backend, Buffer } from "./backend.ts";
import { DlError } from "./errors.ts";

/**
 * Counted memory: a backend's buffer, a JavaScript array, or both.
 *
 * Owners are tensors and what the tape saved. The last one to let go frees the buffer at once; when all of them are
 * merely dropped, the buffer becomes unreachable with this object and the backend reclaims it.
 *
 * Data that came from JavaScript stays in its array until the storage is written to. The buffer is made when something
 * first computes with it, and `evict` gives it back early: a loader does so with its previous batch, and whoever still
 * looks reloads it.
 */
export class Storage {
  readonly backend: Backend;
  readonly bytes: number;
  owners = 1;
  /** Counts in-place writes, so that the backward pass notices a changed operand. */
  version = 0;
  private resident: Buffer | null = null;
  host: ArrayBufferView | null;

  constructor(backend: Backend, bytes: number, host: ArrayBufferView | null = null) {
    if (!(Number.isSafeInteger(bytes) && bytes >= 0))
      throw new DlError(
        "shape",
        `allocation: ${bytes} is not a number of bytes: a size of the shape is negative, fractional or no number at all`,
      );
    this.backend = backend;
    this.bytes = bytes;
    this.host = host;
    if (!host) this.resident = backend.alloc(bytes);
  }

  get buffer(): Buffer {
    if (this.resident) return this.resident;
    if (this.owners <= 0) throw new DlError("released", "internal: use of freed memory");
    const buffer = this.backend.alloc(this.bytes);
    if (this.host) this.backend.write(buffer, this.host);
    this.resident = buffer;
    return buffer;
  }

  retain(): void {
    this.owners++;
  }

  release(): void {
    if (--this.owners > 0) return;
    if (this.resident) this.backend.free(this.resident);
    this.resident = this.host = null;
  }

  /** Gives the buffer back if JavaScript has the data too. */
  evict(): void {
    if (!this.host || !this.resident) return;
    this.backend.free(this.resident);
    this.resident = null;
  }

  /** To be called before a kernel writes here: the JavaScript copy is stale from now on. */
  willWrite(): void {
    void this.buffer;
    this.host = null;
    this.version++;
  }
}

import { DlError } from "@dl/tensor";
import { expect } from "vitest";

/** The DlError that a function throws; anything else fails the test. */
export function thrown(fn: () => unknown): DlError {
  try {
    fn();
  } catch (e) {
    expect(e).toBeInstanceOf(DlError);
    return e as DlError;
  }
  throw new Error("nothing was thrown");
}

/** What layers check before they compute, so that messages speak of layers. */
import {
  checkTensor,
  DlError,
  type DType,
  isFloating,
  type Tensor,
  toFloating,
} from "@dl/tensor/core";

/** A tensor of the parameters' dtype; where there are none, of any that is floating point. */
export function checkInput(name: string, x: Tensor, own: DType | undefined): void {
  checkTensor(x, name, 0);
  const dtype = own ?? toFloating(x.dtype);
  if (x.dtype === dtype) return;
  const fix =
    x.dtype === "uint8"
      ? `images of bytes are converted first, x.to("${dtype}").div(255)`
      : isFloating(x.dtype)
        ? `x.to("${dtype}") or model.to("${x.dtype}") makes them agree`
        : `x.to("${dtype}") converts it`;
  throw new DlError("dtype", `${name}: the input is ${x.dtype}, ${dtype} is wanted: ${fix}`);
}

/** Counts of features, channels and so on. */
export function checkCounts(name: string, counts: Readonly<Record<string, number>>): void {
  for (const [what, n] of Object.entries(counts)) {
    if (Number.isInteger(n) && n >= 0) continue;
    throw new DlError(
      "value",
      `${name}: ${what} is ${n === undefined ? "missing" : n}: a whole number is wanted`,
    );
  }
}

/**
 * Sums of products by index letters. Operands are taken in from the left, each pair by one product of matrices: letters
 * that both have and nobody needs afterwards are its inner dimension, letters that both have and somebody needs its batch.
 */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { numelOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { diagonal } from "./diagonal.ts";

/** A tensor and the letter of each of its dimensions; those of an ellipsis are "…0", "…1" and so on. */
interface Term {
  readonly t: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein's summation: letters name dimensions; what is not in the output is summed over.
 *
 *     "ij,jk->ik"   product of matrices          "ii->i"    diagonal
 *     "bij,bjk"     its batched form, output bik "ii"       trace
 *     "...i,...i->..."  dot products             "i,j->ij"  outer product
 *
 * Without "->" the output has the dimensions of the ellipsis and then the letters that occur once, capitals first, in the
 * order of the alphabet. Dimensions of size 1 broadcast.
 *
 * @param equation terms of letters a–z and A–Z and at most one "...", separated by commas; spaces do not count.
 * @param args the operands, by themselves or as a list.
 * @throws DlError "value" for an equation that makes no sense, ShapeError for one that does not fit the operands.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.einsum.html
 *
 * @example
 * einsum("ij,j->i", tensor([[1, 2], [3, 4]]), tensor([1, 1])) // => [3, 7]
 */
export function einsum(equation: string, ...args: readonly (Tensor | readonly Tensor[])[]): Tensor {
  const operands = args.flat() as Tensor[];
  const { inputs, output } = parse(equation, operands);
  const sizes = sizesOf(equation, operands, inputs);
  const terms = operands.map((t, i) => squeezed(diagonals({ t, labels: inputs[i] }), sizes));
  let result = terms[0];
  for (let i = 1; i < terms.length; i++) {
    const needed = new Set([...output, ...terms.slice(i + 1).flatMap((x) => x.labels)]);
    result = contract(result, terms[i], needed);
  }
  const { t, labels } = summed(result, new Set(output));
  return t.permute(output.map((l) => labels.indexOf(l)));
}

// ---- the equation ----------------------------------------------------------------------------------------------------

function parse(
  equation: string,
  operands: readonly Tensor[],
): { inputs: string[][]; output: string[] } {
  const fail = (why: string): never => {
    throw new DlError("value", `einsum("${equation}"): ${why}`);
  };
  const sides = equation.replaceAll(" ", "").split("->");
  if (sides.length > 2) fail("there is more than one ->");
  const terms = sides[0].split(",");
  if (terms.length !== operands.length)
    fail(
      `${terms.length} term${terms.length === 1 ? "" : "s"} for ${operands.length} operand${operands.length === 1 ? "" : "s"}`,
    );
  const letters = (term: string): string[] => {
    const found = term.replace("...", "…").split("");
    const odd = found.find((l) => l !== "…" && !/[a-zA-Z]/.test(l));
    if (odd !== undefined) fail(`"${odd}" in "${term}" is neither a letter nor one "..."`);
    return found;
  };
  const hidden = terms.map((term, i) => {
    const found = letters(term);
    const named = found.filter((l) => l !== "…").length;
    const rest = operands[i].rank - named;
    if (rest < 0 || (rest > 0 && !found.includes("…")))
      throw new ShapeError(
        `einsum("${equation}"): "${term}" has ${named} letter${named === 1 ? "" : "s"} for operand ${i}, which has shape ${formatShape(operands[i].shape)}`,
      );
    return { found, rest };
  });
  // Ellipses are aligned at the end.
  const most = Math.max(...hidden.map(({ found, rest }) => (found.includes("…") ? rest : 0)));
  const ellipsis = (n: number): string[] => Array.from({ length: n }, (_, i) => `…${most - n + i}`);
  const inputs = hidden.map(({ found, rest }) =>
    found.flatMap((l) => (l === "…" ? ellipsis(rest) : [l])),
  );
  const all = inputs.flat();
  if (sides.length === 1) {
    const once = all.filter((l) => !l.startsWith("…") && all.indexOf(l) === all.lastIndexOf(l));
    return { inputs, output: [...ellipsis(most), ...once.sort()] };
  }
  const output = letters(sides[1]).flatMap((l) => (l === "…" ? ellipsis(most) : [l]));
  const missing = output.find((l) => !all.includes(l));
  if (missing) fail(`the output has "${missing}", which no operand has`);
  if (new Set(output).size < output.length) fail("the output has a letter twice");
  return { inputs, output };
}

function sizesOf(
  equation: string,
  operands: readonly Tensor[],
  inputs: readonly (readonly string[])[],
): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((labels, i) =>
    labels.forEach((l, d) => {
      const n = operands[i].shape[d];
      const known = sizes.get(l) ?? 1;
      if (known !== 1 && n !== 1 && known !== n)
        throw new ShapeError(
          `einsum("${equation}"): "${l.replace(/^….*/, "...")}" has size ${known} and, in operand ${i} of shape ${formatShape(operands[i].shape)}, ${n}`,
        );
      if (labels.indexOf(l) !== d && operands[i].shape[labels.indexOf(l)] !== n)
        throw new ShapeError(
          `einsum("${equation}"): "${l}" names dimensions of different sizes in operand ${i} of shape ${formatShape(operands[i].shape)}`,
        );
      sizes.set(l, n === 1 ? known : n);
    }),
  );
  return sizes;
}

// ---- terms -----------------------------------------------------------------------------------------------------------

/** A letter that one operand has twice stands for the diagonal. */
function diagonals({ t, labels }: Term): Term {
  const second = labels.findIndex((l, d) => labels.indexOf(l) !== d);
  if (second < 0) return { t, labels };
  const first = labels.indexOf(labels[second]);
  const rest = labels.filter((_, d) => d !== first && d !== second);
  return diagonals({
    t: diagonal(t, { dim1: first, dim2: second }),
    labels: [...rest, labels[second]],
  });
}
/** A size of 1 that broadcasts is as good as absent. */
function squeezed({ t, labels }: Term, sizes: ReadonlyMap<string, number>): Term {
  const isKept = labels.map((l, d) => t.shape[d] === sizes.get(l));
  return {
    t: t.reshape(t.shape.filter((_, d) => isKept[d])),
    labels: labels.filter((_, d) => isKept[d]),
  };
}
/** Summed over what nobody needs. */
function summed({ t, labels }: Term, needed: ReadonlySet<string>): Term {
  const axes = labels.flatMap((l, d) => (needed.has(l) ? [] : [d]));
  if (axes.length === 0) return { t, labels };
  return { t: t.sum(axes, { dtype: t.dtype }), labels: labels.filter((l) => needed.has(l)) };
}

function contract(left: Term, right: Term, needed: ReadonlySet<string>): Term {
  const a = summed(left, new Set([...needed, ...right.labels]));
  const b = summed(right, new Set([...needed, ...left.labels]));
  const common = a.labels.filter((l) => b.labels.includes(l));
  const batch = common.filter((l) => needed.has(l));
  const inner = common.filter((l) => !needed.has(l));
  const rows = a.labels.filter((l) => !common.includes(l));
  const columns = b.labels.filter((l) => !common.includes(l));
  const size = (x: Term, list: readonly string[]) =>
    list.map((l) => x.t.shape[x.labels.indexOf(l)]);
  const ordered = (x: Term, ...lists: (readonly string[])[]) =>
    x.t.permute(lists.flat().map((l) => x.labels.indexOf(l)));
  const labels = [...batch, ...rows, ...columns];
  if (inner.length === 0) {
    const spread = ordered(a, batch, rows).reshape([
      ...size(a, batch),
      ...size(a, rows),
      ...columns.map(() => 1),
    ]);
    const other = ordered(b, batch, columns).reshape([
      ...size(b, batch),
      ...rows.map(() => 1),
      ...size(b, columns),
    ]);
    return { t: spread.mul(other), labels };
  }
  const [m, k, n] = [size(a, rows), size(a, inner), size(b, columns)].map(numelOf);
  const lead = batch.length ? [numelOf(size(a, batch))] : [];
  const product = ordered(a, batch, rows, inner)
    .reshape([...lead, m, k])
    .matmul(ordered(b, batch, inner, columns).reshape([...lead, k, n]));
  return { t: product.reshape([...size(a, batch), ...size(a, rows), ...size(b, columns)]), labels };
}

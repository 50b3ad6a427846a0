/**
 * Maps whose operands and results are several gates side by side: a `[rows, 4 · hidden]` product of matrices is four
 * operands of one kernel, and the gradient of the four is written side by side again, without cutting or joining.
 *
 * Like any map, such an op is a few expressions, and its gradient is derived: a map of the same kind.
 */
import {
  allocate,
  commonBackend,
  derive,
  dispatchAll,
  type Expr,
  expr,
  formatShape,
  type Op,
  type Program,
  program,
  ShapeError,
  Tensor,
  type TensorView,
} from "@dl/tensor/core";

export interface GatedOp extends Op<undefined> {
  readonly gates: Gates;
  /** Runs it unrecorded on memory, into memory. */
  into(operands: readonly TensorView[], results: readonly TensorView[]): void;
}

/** How many gates each operand and each result has. */
export interface Gates {
  readonly operands: readonly number[];
  readonly results: readonly number[];
}

/** @param fn from the gates of every operand to those of every result */
export function defineGated(
  name: string,
  gates: Gates,
  fn: (...operands: Expr[][]) => Expr[][],
): GatedOp {
  let next = 0;
  const inputs = gates.operands.map((n) => Array.from({ length: n }, () => expr.input(next++)));
  return makeGated(name, gates, fn(...inputs));
}

function makeGated(name: string, gates: Gates, roots: readonly (readonly Expr[])[]): GatedOp {
  const starts = startsOf(gates.operands);
  const body: Program = program(roots.flat(), starts.at(-1)!);
  const gradients = new Map<string, GatedGradient>();

  const into: GatedOp["into"] = (operands, results) => {
    const outputs = results.flatMap((v, i) => parts(v, gates.results[i]));
    if (outputs[0].numel === 0) return;
    const views = operands.flatMap((v, i) => parts(v, gates.operands[i]));
    outputs[0].storage.backend.map(body, views, outputs, []);
  };
  /** Of the operands that need one, given the results that have one. */
  const gradientOf = (needs: readonly boolean[], given: readonly boolean[]): GatedGradient => {
    const key = [...needs, ...given].map(Number).join("");
    let found = gradients.get(key);
    if (!found) {
      found = makeGradient(name, gates, roots, needs, given);
      gradients.set(key, found);
    }
    return found;
  };
  return {
    name,
    gates,
    into,
    forward(operands) {
      const backend = commonBackend(name, operands);
      const [rows, width] = operands[0].shape;
      const size = width / gates.operands[0];
      operands.forEach((t, i) => {
        if (t.rank !== 2 || t.shape[0] !== rows || t.shape[1] !== size * gates.operands[i])
          throw new ShapeError(
            `${name}: operand ${i} has to be [${rows}, ${size * gates.operands[i]}], got ${formatShape(t.shape)}`,
          );
      });
      const outputs = gates.results.map((n) =>
        allocate(backend, operands[0].dtype, [rows, n * size]),
      );
      into(
        operands.map((t) => t.memory),
        outputs,
      );
      return outputs.map((v) => new Tensor(v));
    },
    // Every result may get a gradient: what is read then.
    saves: (needs) => ({
      inputs: gradientOf(
        needs,
        gates.results.map(() => true),
      ).uses,
    }),
    gradient(grads, { needs, input }) {
      const { op, uses } = gradientOf(
        needs,
        grads.map((g) => g !== null),
      );
      const results = dispatchAll(
        op,
        [...uses.map((i) => input(i)), ...grads.filter((g) => g !== null)],
        undefined,
      );
      return needs.map((need) => (need ? results.shift()! : null));
    },
  };
}

interface GatedGradient {
  readonly op: GatedOp;
  /** The operands that it reads; the gradients of the results follow them. */
  readonly uses: readonly number[];
}

function makeGradient(
  name: string,
  gates: Gates,
  roots: readonly (readonly Expr[])[],
  needs: readonly boolean[],
  given: readonly boolean[],
): GatedGradient {
  const starts = startsOf(gates.operands);
  const inputs = starts.at(-1)!;
  const adjoints: (Expr | undefined)[] = Array.from({ length: inputs });
  let g = inputs;
  roots.forEach((gatesOfResult, r) => {
    if (!given[r]) return;
    for (const root of gatesOfResult) {
      derive(root, inputs, expr.input(g++)).forEach((d, i) => {
        const before = adjoints[i];
        if (d) adjoints[i] = before ? expr.add(before, d) : d;
      });
    }
  });
  const exprs = gates.operands.flatMap((n, i) =>
    needs[i] ? [adjoints.slice(starts[i], starts[i] + n).map((d) => d ?? expr.constant(0))] : [],
  );
  const read = new Set(
    program(exprs.flat(), g)
      .order.filter((e) => e.op === "input")
      .map((e) => e.value),
  );
  const uses = gates.operands
    .map((_, i) => i)
    .filter((i) =>
      Array.from({ length: gates.operands[i] }).some((_, k) => read.has(starts[i] + k)),
    );
  const kept = [
    ...uses.flatMap((i) => Array.from({ length: gates.operands[i] }, (_, k) => starts[i] + k)),
    ...Array.from({ length: g - inputs }, (_, k) => inputs + k),
  ];
  const place = new Map(kept.map((old, now) => [old, now]));
  const renumbered = exprs.map((list) =>
    expr.substitute(list, (e) => (e.op === "input" ? expr.input(place.get(e.value)!) : undefined)),
  );
  const own: Gates = {
    operands: [...uses.map((i) => gates.operands[i]), ...gates.results.filter((_, r) => given[r])],
    results: gates.operands.filter((_, i) => needs[i]),
  };
  return { op: makeGated(`${name} (gradient)`, own, renumbered), uses };
}

function startsOf(counts: readonly number[]): number[] {
  const starts = [0];
  for (const n of counts) starts.push(starts.at(-1)! + n);
  return starts;
}

/** `[rows, n · size]` as n views `[rows, size]`. */
function parts(v: TensorView, n: number): TensorView[] {
  if (n === 1) return [v];
  const [rows, width] = v.shape;
  const size = width / n;
  return Array.from({ length: n }, (_, k) =>
    v.with([rows, size], v.strides, v.offset + k * size * v.strides[1]),
  );
}

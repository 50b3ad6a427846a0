/**
 * Several tensors may look at one memory. A view knows the tensor that it is a view of, its base, and the ops that lead
 * from there to it. What is written into the view while gradients are recorded becomes part of the base's history; other
 * views of it get theirs anew, from the base, when they are used next.
 */
import {
  DlError,
  dispatchAll,
  formatShape,
  type GraphNode,
  type Op,
  permute,
  type Tensor,
  type ViewStep,
} from "@dl/tensor/core";
import { enableGrad } from "./mode.ts";
import { type Edge, edgeOf, Node } from "./node.ts";

/** Notes which outputs of an op are views of its input. */
export function trackViews(
  op: Op,
  input: Tensor,
  attrs: unknown,
  outputs: readonly Tensor[],
): void {
  const { storage } = input.memory;
  outputs.forEach((t, output) => {
    if (t === input || t.viewOf || t.memory.storage !== storage) return;
    const before = input.base && input.viewOf;
    const base = before?.base ?? input;
    const memory = before?.memory ?? input.memory;
    t.viewOf = { base, memory, path: [...(before?.path ?? []), { op, attrs, output }] };
    t.nodeVersion = storage.version;
  });
}

const isCurrent = (t: Tensor): boolean =>
  t.node === null || t.nodeVersion === t.memory.storage.version;

/** Where the gradient of a tensor that is used goes, whatever was written into its memory through other tensors. */
export function currentEdge(t: Tensor, name: string): Edge | null {
  if ((t.node || t.viewOf) && t.nodeVersion !== t.memory.storage.version) {
    const { base } = t;
    if (base && isCurrent(base)) renew(t, base);
    else if (t.node)
      throw new DlError(
        "in-place",
        `${name}: an operand ${formatShape(t.shape)} made by ${t.node.name} was changed in place through another handle (detach(), noGrad), so its gradient ` +
          "would be wrong. Build the changed tensor with where, cat or scatter instead",
      );
  }
  return edgeOf(t);
}

/** Gives a view the history that its base has now. */
function renew(t: Tensor, base: Tensor): void {
  if (base.requiresGrad) {
    const fresh = enableGrad(() => follow(base, t.viewOf!.path));
    adopt(t, fresh);
    fresh.dispose();
  } else setHistory(t, null, 0);
  t.nodeVersion = t.memory.storage.version;
}

/** The view that these ops lead to. */
function follow(base: Tensor, path: readonly ViewStep[]): Tensor {
  let t = base;
  for (const { op, attrs, output } of path) {
    const next = dispatchAll(op, [t], attrs)[output];
    if (t !== base) t.dispose();
    t = next;
  }
  return t;
}

/** The history of `value` for `tensor`. */
export function adopt(tensor: Tensor, value: Tensor): void {
  setHistory(tensor, value.node, value.nodeOutput);
}

function setHistory(t: Tensor, node: GraphNode | null, output: number): void {
  const before = t.node as Node | null;
  if (node) node.owners++;
  // Whose gradient is to be kept stays the tensor, as it is from now on.
  if (before?.retained[t.nodeOutput] === t) {
    delete before.retained[t.nodeOutput];
    if (node) (node as Node).retained[output] = t;
  }
  t.node = node;
  t.nodeOutput = output;
  if (before && --before.owners === 0) before.release();
}

interface OverwriteAttrs {
  readonly path: readonly ViewStep[];
  /** Dimensions of the base from the slowest to the fastest: in this order the path gives views. */
  readonly order: readonly number[];
}

/** base, and what is written into a view of it → base afterwards. Its memory is written to by others. */
const overwriteOp: Op<OverwriteAttrs> = {
  name: "overwritten",
  forward() {
    throw new Error("internal: overwritten is no op to be called");
  },
  gradient([g], { attrs: { path, order }, needs }) {
    const inverse = order.map((_, d) => order.indexOf(d));
    const copy = permute(permute(g!, order).clone().contiguous(), inverse);
    const part = follow(copy, path);
    const written = needs[1] ? part.clone() : null;
    if (!needs[0]) return [null, written];
    part.fill_(0);
    return [copy, written];
  },
};

export function overwrite(view: Tensor, value: Tensor): void {
  const { base } = view;
  if (!base) return;
  const { strides } = base.memory;
  const order = strides
    .map((_, d) => d)
    .sort((a, b) => Math.abs(strides[b]) - Math.abs(strides[a]) || a - b);
  const attrs: OverwriteAttrs = { path: view.viewOf!.path, order };
  const edges = [currentEdge(base, "in-place"), edgeOf(value)];
  const node = new Node(overwriteOp, [base, value], attrs, edges);
  node.outputs = [{ shape: base.shape, dtype: base.dtype }];
  setHistory(base, node, 0);
  // The tensor owns the node now.
  node.owners--;
}

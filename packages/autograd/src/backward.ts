import {
  add,
  allocate,
  assign,
  type BackwardOptions,
  bytesPerElement,
  DlError,
  denseLike,
  expr,
  formatShape,
  IDENTITY,
  isTensor,
  onesLike,
  program,
  sameShape,
  scope,
  Tensor,
  unscoped,
} from "@dl/tensor/core";
import { enableGrad, noGrad } from "./mode.ts";
import type { Edge, Node } from "./node.ts";
import { currentEdge } from "./views.ts";

/** Where gradients are wanted. A tensor is the callee's only during the call. */
interface Sink {
  /** The complete gradient of one result of a node. */
  result(node: Node, output: number, g: Tensor): void;
}

/** Walks the graph from `roots` towards the leaves, newest op first, so that a node is reached when its gradient is complete. */
function walk(
  roots: readonly Edge[],
  seeds: readonly Tensor[],
  createGraph: boolean,
  retainGraph: boolean,
  sink: Sink,
): void {
  const pending = new Map<Node, (Tensor | null)[]>();
  // While recording, one handle may be wanted in several places: the surrounding scope releases them all in the end.
  const done = (g: Tensor | null) => {
    if (!createGraph) g?.dispose();
  };
  const give = ({ node, output }: Edge, g: Tensor): Tensor => {
    let slots = pending.get(node);
    if (!slots) {
      slots = node.outputs.map(() => null);
      pending.set(node, slots);
    }
    const before = slots[output];
    const now = before ? add(before, g) : createGraph ? g : g.detach();
    done(before);
    slots[output] = now;
    return now;
  };
  roots.forEach((root, i) => give(root, seeds[i]));
  for (const node of reachable(roots)) {
    const grads = pending.get(node);
    pending.delete(node);
    if (grads) {
      callHooks(node, grads);
      for (let i = 0; i < grads.length; i++) if (grads[i]) sink.result(node, i, grads[i]!);
      if (node.op) scope(() => propagate(node, grads, createGraph, give), { name: "backward()" });
      for (const g of grads) done(g);
    }
    if (!retainGraph && node.op) {
      node.drop();
      node.isConsumed = true;
    }
  }
}

/** Runs the gradient rule and passes its results on; returns what is pending now, which outlives the rule's scope. */
function propagate(
  node: Node,
  grads: readonly (Tensor | null)[],
  createGraph: boolean,
  give: (edge: Edge, g: Tensor) => Tensor,
): Tensor[] {
  if (node.isConsumed) {
    throw new DlError(
      "gradient",
      `backward: the graph was freed by an earlier backward() that ran through ${node.name}. Run the forward pass again, or call ` +
        "backward(undefined, { retainGraph: true }) the first time",
    );
  }
  const results = node.op!.gradient!(grads, node.context(createGraph));
  const given: Tensor[] = [];
  node.edges.forEach((edge, i) => {
    const g = results[i];
    if (!edge || !g) return;
    const wanted = node.inputs[i].shape;
    if (!sameShape(g.shape, wanted)) {
      throw new DlError(
        "gradient",
        `${node.name}: its gradient rule gave ${formatShape(g.shape)} for input ${i}, which has shape ${formatShape(wanted)}`,
      );
    }
    given.push(give(edge, g));
  });
  return given;
}

/** A hook is the user's code: what it is given and makes belongs to no scope. */
function callHooks(node: Node, grads: (Tensor | null)[]): void {
  node.hooks.forEach((hooks, i) => {
    for (const hook of hooks ?? []) {
      const g = grads[i];
      if (!g) continue;
      const changed = unscoped(() => hook(g.node ? g.keep() : g.detach()));
      if (changed && !sameShape(changed.shape, g.shape))
        throw new DlError(
          "gradient",
          `registerHook: the hook of a result of ${node.name} gave a gradient ${formatShape(changed.shape)}, but ${formatShape(g.shape)} is wanted`,
        );
      if (changed) grads[i] = changed.node ? changed : changed.detach();
    }
  });
}

/** Every node that a gradient may pass, newest first. */
function reachable(roots: readonly Edge[]): Node[] {
  const seen = new Set<Node>(roots.map((r) => r.node));
  for (const node of seen) for (const e of node.edges) if (e) seen.add(e.node);
  return [...seen].sort((a, b) => b.sequence - a.sequence);
}

const ADD = program([expr.add(expr.input(0), expr.input(1))], 2);

/**
 * Adds to `.grad`, which has the tensor's own dimension order. A gradient that nobody else owns is taken as it is;
 * anything else (an expanded or shared one) is copied.
 */
function accumulate(target: Tensor, g: Tensor, createGraph: boolean): void {
  const before = target.grad?.released === null ? target.grad : null;
  if (before && !sameShape(before.shape, target.shape))
    throw new DlError(
      "gradient",
      `backward: the .grad that a tensor ${formatShape(target.shape)} was given has shape ${formatShape(before.shape)}: nothing can be added to it`,
    );
  if (createGraph) {
    target.grad = (before ? add(before, g) : g.clone()).keep();
    return;
  }
  if (before) {
    assign([before.memory], ADD, [before.memory, g.memory]);
    return;
  }
  const { memory: view } = g;
  const hasOrder = view.strides.every(
    (s, d) => s === target.memory.strides[d] || view.shape[d] === 1,
  );
  // The gradient's handle and nobody else.
  const isSole =
    view.storage.owners === 1 && view.storage.bytes === view.numel * bytesPerElement(view.dtype);
  if (isSole && hasOrder && g.dtype === target.dtype) {
    target.grad = g.detach().keep();
    return;
  }
  const copy = allocate(g.device, target.dtype, g.shape, denseLike(g.shape, target.memory.strides));
  assign([copy], IDENTITY, [view]);
  target.grad = new Tensor(copy).keep();
}

function seedFor(output: Tensor, gradient: Tensor | undefined, name: string): Tensor {
  if (gradient !== undefined && gradient !== null) {
    if (!isTensor(gradient))
      throw new DlError(
        "gradient",
        `${name}: the gradient ${formatShape(output.shape)} of what is differentiated has to be a tensor, as in backward(tensor(…)); options come second`,
      );
    if (!sameShape(gradient.shape, output.shape)) {
      throw new DlError(
        "gradient",
        `${name}: the gradient ${formatShape(gradient.shape)} has to have the shape ${formatShape(output.shape)} of what is differentiated`,
      );
    }
    return gradient.to(output.dtype);
  }
  if (output.numel !== 1) {
    throw new DlError(
      "gradient",
      `${name}: only one number can be differentiated without a gradient argument, this has shape ${formatShape(output.shape)}: reduce it first, for instance ` +
        "loss.mean().backward(), or pass the gradient of the final result",
    );
  }
  return onesLike(output);
}

function rootOf(output: Tensor, name: string): Edge {
  const edge = currentEdge(output, name);
  if (edge) return edge;
  throw new DlError(
    "gradient",
    `${name}: nothing that this tensor ${formatShape(output.shape)} was made from requires a gradient. Set requiresGrad on a leaf before the forward pass; ` +
      "results made under noGrad(), of detach() and of integer ops have no history",
  );
}

/** Rules run recorded only if the backward pass is to be differentiated itself. */
const inMode = <T>(createGraph: boolean, fn: () => T): T =>
  createGraph ? enableGrad(fn) : noGrad(fn);

export function backward(
  root: Tensor,
  gradient?: Tensor,
  { createGraph = false, retainGraph = createGraph }: BackwardOptions = {},
): void {
  const edge = rootOf(root, "backward");
  inMode(createGraph, () =>
    scope(
      () =>
        walk([edge], [seedFor(root, gradient, "backward")], createGraph, retainGraph, {
          result(node, output, g) {
            const { leaf } = node;
            if (leaf) {
              accumulate(leaf, g, createGraph);
              for (const hook of node.accumulated) unscoped(() => noGrad(() => hook(leaf)));
            }
            const retained = node.retained[output];
            if (retained && retained.released === null) accumulate(retained, g, createGraph);
          },
        }),
      { name: "backward()" },
    ),
  );
}

export interface GradOptions extends BackwardOptions {
  /** The gradients of the final result with respect to the outputs; ones for single elements. */
  gradOutputs?: readonly (Tensor | undefined)[] | Tensor;
  /** Give null for an input that the outputs do not depend on, instead of an error. */
  allowUnused?: boolean;
}

const list = <T>(x: T | readonly T[]): readonly T[] =>
  Array.isArray(x) ? (x as readonly T[]) : [x as T];

/** Gradients of (the sum of) outputs with respect to inputs; `.grad` fields are left alone. */
export function gradients(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const {
    createGraph = false,
    retainGraph = createGraph,
    gradOutputs,
    allowUnused = false,
  } = options;
  const outs = list(outputs);
  const ins = list(inputs);
  const seeds = gradOutputs === undefined ? [] : list<Tensor | undefined>(gradOutputs);
  const wanted = ins.map((t, i) => {
    const edge = currentEdge(t, "grad");
    if (!edge)
      throw new DlError(
        "gradient",
        `grad: input ${i} ${formatShape(t.shape)} does not require a gradient: set requiresGrad before the forward pass`,
      );
    return edge;
  });
  const roots = outs.map((t) => rootOf(t, "grad"));
  return inMode(createGraph, () =>
    scope(() => {
      const found: (Tensor | null)[] = ins.map(() => null);
      const seed = outs.map((t, i) => seedFor(t, seeds[i], "grad"));
      walk(roots, seed, createGraph, retainGraph, {
        result(node, output, g) {
          wanted.forEach((edge, i) => {
            if (edge.node === node && edge.output === output)
              found[i] = createGraph ? g : g.detach();
          });
        },
      });
      const missing = found.indexOf(null);
      if (missing >= 0 && !allowUnused) {
        throw new DlError(
          "gradient",
          `grad: the outputs do not depend on input ${missing} ${formatShape(ins[missing].shape)}: pass { allowUnused: true } to get null for it`,
        );
      }
      return found;
    }),
  );
}

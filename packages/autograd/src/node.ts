import {
  DlError,
  type DType,
  formatShape,
  type GradientContext,
  type GraphNode,
  type Op,
  type Shape,
  Tensor,
  type TensorHook,
  type TensorView,
} from "@dl/tensor/core";

/** What the backward pass wants to see again: memory, and the version it had. */
interface Saved {
  readonly view: TensorView;
  readonly version: number;
}

let sequence = 0;
/** For tests and `memory()`-like tools: nodes and saved tensors that are alive. */
export const tape = { nodes: 0, saved: 0 };

/** One edge of the graph: the node that made an input, and which of its results that was. */
export interface Edge {
  readonly node: Node;
  readonly output: number;
}

interface OutputInfo {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * One recorded op: where its inputs came from and what its gradient rule wants to see again. A leaf (op null) is where a
 * gradient ends up. Counted like storages: tensors and later nodes own it, and the last to let go frees what it saved.
 */
export class Node implements GraphNode {
  owners = 1;
  readonly sequence = sequence++;
  readonly op: Op | null;
  readonly attrs: unknown;
  edges: (Edge | null)[];
  readonly inputs: OutputInfo[];
  outputs: OutputInfo[] = [];
  private savedInputs: (Saved | undefined)[] = [];
  private savedOutputs: (Saved | undefined)[] = [];
  /** Of a leaf: the tensor that collects the gradient. */
  readonly leaf: Tensor | null;
  /** By result: called with its gradient. */
  hooks: TensorHook[][] = [];
  /** Of a leaf: called with it once its `.grad` has been added to. */
  readonly accumulated: ((leaf: Tensor) => void)[] = [];
  /** By result: keep its gradient in this tensor's `.grad`. */
  retained: Tensor[] = [];
  isConsumed = false;
  /** Where the op was called, if anomalies are looked for. */
  origin: string | null = null;

  constructor(
    op: Op | null,
    inputs: readonly Tensor[],
    attrs: unknown,
    edges: (Edge | null)[],
    leaf: Tensor | null = null,
  ) {
    this.op = op;
    this.attrs = attrs;
    this.edges = edges;
    this.leaf = leaf;
    this.inputs = inputs.map((t) => ({ shape: t.shape, dtype: t.dtype }));
    for (const e of edges) if (e) e.node.owners++;
    tape.nodes++;
  }

  get name(): string {
    return this.op?.name ?? "leaf";
  }

  saveInput(i: number, t: Tensor): void {
    this.savedInputs[i] ??= save(t);
  }
  saveOutput(i: number, t: Tensor): void {
    this.savedOutputs[i] ??= save(t);
  }

  /** What the rule sees. Tensors handed out belong to the running scope. */
  context(isRecorded: boolean): GradientContext<unknown> {
    return {
      attrs: this.attrs,
      needs: this.edges.map((e) => e !== null),
      input: (i) => this.restore(this.savedInputs[i], isRecorded ? this.edges[i] : null),
      output: (i = 0) =>
        this.restore(this.savedOutputs[i], isRecorded ? { node: this, output: i } : null),
      shape: (i) => this.inputs[i].shape,
      dtype: (i) => this.inputs[i].dtype,
    };
  }

  private restore(saved: Saved | undefined, edge: Edge | null): Tensor {
    if (!saved)
      throw new DlError(
        "gradient",
        `${this.name}: internal: the gradient rule reads what it did not save`,
      );
    const { view, version } = saved;
    if (view.storage.version !== version) {
      throw new DlError(
        "in-place",
        `${this.name}: a tensor ${formatShape(view.shape)} that the backward pass needs was changed in place after the op ran ` +
          `(version ${view.storage.version}, expected ${version})${this.origin ? `; the op ran ${this.origin}` : ""}. Change a clone() instead, or use the op that returns a new tensor`,
      );
    }
    view.storage.retain();
    const t = new Tensor(view);
    if (!edge) return t;
    if (edge.node.leaf) t.requiresGrad = true;
    attach(t, edge.node, edge.output);
    return t;
  }

  /** Lets go of what was saved. */
  drop(): void {
    for (const list of [this.savedInputs, this.savedOutputs]) {
      for (const s of list) {
        if (!s) continue;
        s.view.storage.release();
        tape.saved--;
      }
      list.length = 0;
    }
  }

  /** Iterative: a chain of ops may be long. */
  release(): void {
    const stack: Node[] = [this];
    for (let n = stack.pop(); n; n = stack.pop()) {
      n.drop();
      tape.nodes--;
      const { edges } = n;
      n.edges = [];
      for (const e of edges) if (e && --e.node.owners === 0) stack.push(e.node);
    }
  }
}

function save(t: Tensor): Saved {
  const { memory: view } = t;
  view.storage.retain();
  tape.saved++;
  return { view, version: view.storage.version };
}

/** Makes `t` a result of `node`. */
export function attach(t: Tensor, node: Node, output: number): void {
  if (node.leaf) {
    leafNodes.set(t, node);
    return;
  }
  node.owners++;
  t.node = node;
  t.nodeOutput = output;
  t.nodeVersion = t.memory.storage.version;
}

/** Leaf nodes are made when a leaf is first used, and live as long as it. */
const leafNodes = new WeakMap<Tensor, Node>();

/** Where a tensor's gradient goes: the node that made it, or its own leaf node; null if it wants none. */
export function edgeOf(t: Tensor): Edge | null {
  if (t.node) return { node: t.node as Node, output: t.nodeOutput };
  if (!t.requiresGrad) return null;
  let node = leafNodes.get(t);
  if (!node) {
    node = new Node(null, [t], null, [], t);
    node.outputs = node.inputs;
    leafNodes.set(t, node);
  }
  return { node, output: 0 };
}

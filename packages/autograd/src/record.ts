import { isFloating, type Layer, type Op, state, type Tensor } from "@dl/tensor/core";
import { anomaly } from "./anomaly.ts";
import { isGradEnabled, pause } from "./mode.ts";
import { attach, type Edge, Node } from "./node.ts";
import { currentEdge, trackViews } from "./views.ts";

/** The layer: an op whose inputs require a gradient leaves a node; what it is made of is not recorded. */
export const record: Layer = (op, inputs, attrs, next) => {
  let isNeeded = false;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i].requiresGrad) {
      isNeeded = true;
      break;
    }
  }
  const isOn = isGradEnabled();
  if (!isNeeded || !op.gradient || !isOn) {
    const outputs = anomaly.isOn ? anomaly.run(op, inputs, attrs, next) : next(op, inputs, attrs);
    if (isOn && inputs.length === 1) trackViews(op, inputs[0], attrs, outputs);
    return outputs;
  }
  const edges = inputs.map((t) => currentEdge(t, op.name));
  const outputs = pause(() =>
    anomaly.isOn ? anomaly.run(op, inputs, attrs, next) : next(op, inputs, attrs),
  );
  attachNode(op, inputs, attrs, edges, outputs);
  if (inputs.length === 1) trackViews(op, inputs[0], attrs, outputs);
  return outputs;
};

function attachNode(
  op: Op,
  inputs: readonly Tensor[],
  attrs: unknown,
  edges: (Edge | null)[],
  outputs: readonly Tensor[],
): void {
  const node = new Node(op, inputs, attrs, edges);
  const wants = op.saves?.(
    edges.map((e) => e !== null),
    attrs,
  );
  for (const i of wants?.inputs ?? []) node.saveInput(i, inputs[i]);
  for (const i of wants?.outputs ?? []) node.saveOutput(i, outputs[i]);
  node.outputs = outputs.map((t) => ({ shape: t.shape, dtype: t.dtype }));
  if (anomaly.isOn) node.origin = anomaly.where();
  outputs.forEach((t, i) => {
    if (isFloating(t.dtype)) attach(t, node, i);
  });
  // The tensors own the node now.
  if (--node.owners === 0) node.release();
}

/** ` in Net.features (Sequential)`, for messages. */
export const runningModule = (): string => state.modules.map((m) => m.constructor.name).join(" › ");

/** Which modules a forward pass calls, and what goes through them. */
import { DlError, eachTensor, isTensor, type Shape, type Tensor } from "@dl/tensor/core";
import type { Predictor } from "../interfaces.ts";

/** What is asked of a module, and of those inside; modules of @dl/nn have it. */
export interface InspectedModule extends Predictor {
  namedChildren(): Iterable<readonly [name: string, child: any]>;
  namedParameters(): Iterable<readonly [name: string, parameter: Tensor]>;
  registerForwardPreHook(hook: (module: any, inputs: any[]) => unknown): () => unknown;
  registerForwardHook(hook: (module: any, inputs: any[], output: any) => unknown): () => unknown;
}

/** A call of a module; or a container that is not called itself, but whose parts are. */
export interface LayerSummary {
  /** Its class. */
  readonly type: string;
  /** The name of the field that has it; of the model its class. */
  readonly name: string;
  readonly depth: number;
  /** Its number among the rows of its depth, from 1. */
  index: number;
  readonly isLeaf: boolean;
  /** Whether it has been called before: its parameters count once. */
  readonly isRecursive: boolean;
  inputSize: Shape | null;
  outputSize: Shape | null;
  outputBytes: number;
  readonly kernelSize: number | readonly number[] | null;
  readonly numParams: number;
  readonly trainableParams: number;
  readonly paramBytes: number;
  multAdds: number;
  /** The rows inside it, at any depth. */
  children: LayerSummary[];
}

interface Place {
  readonly name: string;
  readonly module: InspectedModule;
  readonly depth: number;
  readonly parent: Place | null;
}

/** The rows of a forward pass, in the order of the calls. */
export function layersOf(model: InspectedModule, forward: () => unknown): LayerSummary[] {
  const places = placesOf(model);
  const calls: { place: Place; row: LayerSummary }[] = [];
  const seen = new Set<InspectedModule>();
  const open = new Map<InspectedModule, LayerSummary>();
  const handles: (() => unknown)[] = [];
  const begin = (place: Place): LayerSummary => {
    const row = rowOf(place, seen.has(place.module));
    seen.add(place.module);
    return row;
  };
  for (const [module, place] of places) {
    handles.push(
      module.registerForwardPreHook(() => {
        const row = begin(place);
        open.set(module, row);
        calls.push({ place, row });
      }),
      module.registerForwardHook((_, inputs, output) => {
        finish(open.get(module)!, place, inputs, output);
      }),
    );
  }
  try {
    forward();
  } finally {
    for (const remove of handles) remove();
  }
  return numbered(withContainers(calls, begin));
}

/** Every module inside, at its place; one that is at two, at the last. */
function placesOf(model: InspectedModule): Map<InspectedModule, Place> {
  const places = new Map<InspectedModule, Place>();
  const walk = (place: Place) => {
    const { module, depth } = place;
    if (typeof module?.registerForwardHook !== "function" || !module.namedChildren)
      throw new DlError(
        "value",
        `summary: ${place.name} is not a module with namedChildren(), namedParameters(), registerForwardPreHook() and registerForwardHook()`,
      );
    places.set(module, place);
    for (const [name, child] of module.namedChildren())
      walk({ name, module: child, depth: depth + 1, parent: place });
  };
  walk({ name: model.constructor.name, module: model, depth: 0, parent: null });
  return places;
}

function rowOf({ name, module, depth }: Place, isRecursive: boolean): LayerSummary {
  let [numParams, trainableParams, paramBytes] = [0, 0, 0];
  for (const [, p] of module.namedParameters()) {
    numParams += p.numel;
    paramBytes += p.numel * p.elementSize();
    if (p.requiresGrad) trainableParams += p.numel;
  }
  const { kernelSize = null } = module as { kernelSize?: number | readonly number[] | null };
  return {
    type: module.constructor.name,
    name,
    depth,
    index: 0,
    isLeaf: [...module.namedChildren()].length === 0,
    isRecursive,
    inputSize: null,
    outputSize: null,
    outputBytes: 0,
    kernelSize,
    numParams,
    trainableParams,
    paramBytes,
    multAdds: 0,
    children: [],
  };
}

function finish(row: LayerSummary, { module }: Place, inputs: unknown, output: unknown): void {
  row.inputSize = firstTensor(inputs)?.shape ?? null;
  const first = firstTensor(output);
  row.outputSize = first?.shape ?? null;
  row.outputBytes = first ? first.numel * first.elementSize() : 0;
  row.multAdds = multAddsOf(row, module);
}
function firstTensor(x: unknown): Tensor | null {
  if (isTensor(x)) return x;
  let first: Tensor | null = null;
  eachTensor(x, (t) => {
    first ??= t;
  });
  return first;
}

/**
 * torchinfo's estimate: a parameter called weight or bias is used once per example, of a convolution once per place of the
 * output, and a parameter with another name (those of recurrent layers) once per example and step.
 */
function multAddsOf({ type, outputSize }: LayerSummary, module: InspectedModule): number {
  if (!outputSize) return 0;
  const [examples = 1, ...rest] = outputSize;
  const places = rest.slice(1).reduce((a, b) => a * b, 1);
  let total = 0;
  for (const [name, p] of module.namedParameters()) {
    const isPlain = name === "weight" || name === "bias";
    if (isPlain) total += p.numel * examples * (type.includes("Conv") ? places : 1);
    else if (/weight|bias/.test(name)) total += p.numel * examples * (rest[0] ?? 1);
  }
  return total;
}

/** With rows for containers that nobody calls, such as a ModuleList, above the first of their parts. */
function withContainers(
  calls: readonly { place: Place; row: LayerSummary }[],
  begin: (place: Place) => LayerSummary,
): LayerSummary[] {
  const rows: LayerSummary[] = [];
  /** The places of the rows that are open, by depth. */
  let open: Place[] = [];
  for (const { place, row } of calls) {
    const above: Place[] = [];
    for (let at = place.parent; at; at = at.parent) above.unshift(at);
    for (const container of above) {
      if (open[container.depth] === container) continue;
      open = [...open.slice(0, container.depth), container];
      rows.push(begin(container));
    }
    open = [...open.slice(0, place.depth), place];
    rows.push(row);
  }
  return rows;
}

function numbered(rows: LayerSummary[]): LayerSummary[] {
  const counts: number[] = [];
  rows.forEach((row, i) => {
    row.index = counts[row.depth] = (counts[row.depth] ?? 0) + 1;
    const end = rows.findIndex((other, k) => k > i && other.depth <= row.depth);
    row.children = rows.slice(i + 1, end < 0 ? rows.length : end);
  });
  return rows;
}

/** Parameters that are none of the rows' inside. */
export function leftover(row: LayerSummary, key: "numParams" | "trainableParams"): number {
  let rest = row[key];
  for (const child of row.children)
    if (!child.isRecursive) rest -= child.isLeaf ? child[key] : leftover(child, key);
  return rest;
}

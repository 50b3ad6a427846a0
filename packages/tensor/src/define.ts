/** The factories of ops. An op is one object; adding one means writing one definition. */
import type { Backend, View as BackendView, ReduceOp } from "./backend.ts";
import { derive } from "./derivative.ts";
import { dispatch, type GradientContext, type Op } from "./dispatch.ts";
import {
  type ComputeType,
  computeType,
  type DType,
  dtypeCategory,
  isFloating,
  promoteTypes,
  toFloating,
} from "./dtype.ts";
import { DlError, formatShape } from "./errors.ts";
import { type Expr, input, scalar, substitute } from "./expr.ts";
import { type Program, program } from "./program.ts";
import { scope } from "./scope.ts";
import { broadcastShapes, type Shape, sameShape } from "./shape.ts";
import { state } from "./state.ts";
import { Tensor } from "./tensor.ts";
import { allocate, layoutLike, type View } from "./view.ts";

// ---- map ops: elementwise, defined by an expression and nothing else ------------------------------------------------

export interface MapAttrs {
  readonly scalars: readonly number[];
  /** The result's dtype. */
  readonly dtype: DType;
}

/** How one input's gradient is computed: a map over [the inputs in `uses`, the output if `usesOutput`, g]. */
interface MapGradient {
  readonly op: MapOp;
  readonly uses: readonly number[];
  readonly usesOutput: boolean;
  /** The gradient passes through unchanged. */
  readonly isIdentity: boolean;
}

export interface MapOp extends Op<MapAttrs> {
  readonly program: Program;
  gradientOf(i: number): MapGradient | undefined;
}

/** Another form of the gradient than the derived one: of each input, from g, the inputs and the output. */
export type GradientExpr = (
  g: Expr,
  inputs: readonly Expr[],
  output: Expr,
) => readonly (Expr | undefined)[];

/** A map over `inputs` operands and `scalars` run-time numbers. */
/* @__NO_SIDE_EFFECTS__ */
export function makeMapOp(
  name: string,
  root: Expr,
  inputs: number,
  scalars: number,
  gradient?: GradientExpr,
): MapOp {
  let gradients: (MapGradient | undefined)[] | undefined;
  const g = input(inputs + 1);
  const gradientOf = (i: number): MapGradient | undefined => {
    if (!gradients) {
      const operands = Array.from({ length: inputs }, (_, k) => input(k));
      const exprs = gradient ? gradient(g, operands, root) : derive(root, inputs, g);
      gradients = operands.map(
        (_, k) => exprs[k] && gradientMap(name, exprs[k], root, inputs, scalars),
      );
    }
    return gradients[i];
  };
  const prog = program([root], inputs, scalars);
  return {
    name,
    program: prog,
    gradientOf,
    forward: (operands, { scalars: values, dtype }) => [
      new Tensor(runMap(name, prog, operands, dtype, values)),
    ],
    saves(needs) {
      const used = new Set<number>();
      let output = false;
      for (let i = 0; i < needs.length; i++) {
        const d = needs[i] ? gradientOf(i) : undefined;
        if (!d) continue;
        for (const u of d.uses) used.add(u);
        output ||= d.usesOutput;
      }
      return { inputs: [...used], outputs: output ? [0] : [] };
    },
    gradient: ([grad], context) =>
      context.needs.map((need, i) => (need ? mapGradient(gradientOf(i), grad!, context, i) : null)),
  };
}

function mapGradient(
  d: MapGradient | undefined,
  g: Tensor,
  context: GradientContext<MapAttrs>,
  i: number,
): Tensor | null {
  const dtype = context.dtype(i);
  if (!d || !isFloating(dtype)) return null;
  if (d.isIdentity) return g.sumTo(context.shape(i)).to(dtype);
  const operands = d.uses.map((u) => context.input(u));
  if (d.usesOutput) operands.push(context.output());
  operands.push(g);
  return dispatch(d.op, operands, { scalars: context.attrs.scalars, dtype }).sumTo(
    context.shape(i),
  );
}

/** Refers to the op's own output (hash-consing finds it inside the derivative) where that saves fewer tensors. */
function gradientMap(
  name: string,
  d: Expr,
  root: Expr,
  inputs: number,
  scalars: number,
): MapGradient {
  const g = inputs + 1;
  const [viaOutput] = substitute([d], (e) =>
    e === root && e.op !== "input" ? input(inputs) : undefined,
  );
  const operandsOf = (e: Expr) =>
    [
      ...new Set(
        program([e], 0)
          .order.filter((x) => x.op === "input")
          .map((x) => x.value),
      ),
    ].filter((i) => i < inputs);
  const plain = operandsOf(d);
  const own = operandsOf(viaOutput);
  const usesOutput =
    viaOutput !== d &&
    (own.length < plain.length || (plain.length === own.length && own.length === 0));
  const uses = (usesOutput ? own : plain).sort((a, b) => a - b);
  const order = [...uses, ...(usesOutput ? [inputs] : []), g];
  const [e] = substitute([usesOutput ? viaOutput : d], (x) =>
    x.op === "input" ? input(order.indexOf(x.value)) : undefined,
  );
  const op = makeMapOp(`${name} (gradient)`, e, order.length, scalars);
  return { op, uses, usesOutput, isIdentity: e === input(order.length - 1) };
}

/** Runs a one-output program on tensors: broadcast, allocate, enqueue. */
export function runMap(
  name: string,
  prog: Program,
  operands: readonly Tensor[],
  dtype: DType,
  scalars: readonly number[],
): View {
  const backend = commonBackend(name, operands);
  const shape = broadcastShapes(
    operands.map((t) => t.shape),
    name,
  );
  const views = operands.map((t) => t.memory.expand(shape));
  const out = allocate(backend, dtype, shape, layoutLike(shape, views));
  if (out.numel > 0) backend.map(prog, views, [out], scalars);
  return out;
}

export type ResultDType = "promote" | "float" | DType;

export interface MapOptions {
  /** "promote" (default): PyTorch's promoted type; "float": the same, integers becoming float32; or a fixed one. */
  result?: ResultDType;
  gradient?: GradientExpr;
}

export type Operand = Tensor | number;
export type Elementwise<N extends readonly Operand[]> = ((...operands: N) => Tensor) & {
  readonly opName: string;
};

/**
 * Defines an elementwise op by an arrow function on expressions, which is run once. An operand given as a number
 * becomes a run-time scalar, so that another number compiles nothing.
 *
 * @example
 * const swish = defineMap<[Tensor]>("swish", (x) => expr.mul(x, expr.sigmoid(x)));
 * swish(tensor([0, 1])) // => [0, 0.731059]
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineMap<N extends readonly Operand[]>(
  name: string,
  fn: (...operands: { [I in keyof N]: Expr }) => Expr,
  options: MapOptions = {},
): Elementwise<N> {
  const { result = "promote", gradient } = options;
  const variants = new Map<number, MapOp>();
  const call = (...operands: N): Tensor => {
    const tensors: Tensor[] = [];
    const scalars: number[] = [];
    let pattern = 0;
    for (let i = 0; i < operands.length; i++) {
      const x = operands[i];
      if (typeof x === "number") {
        pattern |= 1 << i;
        scalars.push(x);
      } else tensors.push(checkTensor(x, name, i));
    }
    if (tensors.length === 0)
      throw new DlError("value", `${name}: at least one operand has to be a tensor`);
    let op = variants.get(pattern);
    if (!op) {
      op = makeVariant(name, fn as (...x: Expr[]) => Expr, operands.length, pattern, gradient);
      variants.set(pattern, op);
    }
    const common = resultType(operands);
    const dtype = result === "promote" ? common : result === "float" ? toFloating(common) : result;
    return dispatch(op, inCommonType(tensors, common, dtype), { scalars, dtype });
  };
  return Object.assign(call, { opName: name });
}

function makeVariant(
  name: string,
  fn: (...x: Expr[]) => Expr,
  arity: number,
  pattern: number,
  gradient?: GradientExpr,
): MapOp {
  let inputs = 0;
  let scalars = 0;
  const operands = Array.from({ length: arity }, (_, i) =>
    pattern & (1 << i) ? scalar(scalars++) : input(inputs++),
  );
  const root = fn(...operands);
  const own: GradientExpr | undefined =
    gradient &&
    ((g, _, output) => gradient(g, operands, output).filter((_, i) => !(pattern & (1 << i))));
  return makeMapOp(name, root, inputs, scalars, own);
}

/**
 * A kernel computes in the widest type among its operands. Where PyTorch promotes further (an int32 tensor compared
 * with 0.5), the tensors are converted first.
 */
function inCommonType(tensors: Tensor[], common: DType, dtype: DType): Tensor[] {
  const wanted = computeType([{ dtype: common }], dtype === "bool" ? [] : [{ dtype }]);
  const actual: ComputeType = computeType(tensors, [{ dtype }]);
  return wanted === actual ? tensors : tensors.map((t, i) => (i === 0 ? t.to(common) : t));
}

/**
 * PyTorch's result type: dimensioned tensors first, then zero-dimensional ones, then numbers; the latter count only if
 * they are of a higher category. A whole number counts as an integer.
 */
export function resultType(operands: readonly Operand[]): DType {
  let dimensioned: DType | undefined;
  let zeroDim: DType | undefined;
  let plain: DType | undefined;
  for (const x of operands) {
    if (typeof x === "number") plain = merge(plain, Number.isInteger(x) ? "int32" : "float32");
    else if (x.shape.length > 0) dimensioned = merge(dimensioned, x.dtype);
    else zeroDim = merge(zeroDim, x.dtype);
  }
  return yielding(dimensioned, yielding(zeroDim, plain)) as DType;
}
const merge = (a: DType | undefined, b: DType | undefined): DType | undefined =>
  a && b ? promoteTypes(a, b) : (a ?? b);
function yielding(higher: DType | undefined, lower: DType | undefined): DType | undefined {
  if (!higher || !lower) return higher ?? lower;
  return dtypeCategory(lower) > dtypeCategory(higher) ? promoteTypes(higher, lower) : higher;
}

// ---- reductions of maps ----------------------------------------------------------------------------------------------

/** op over `axes` of a program over operands broadcast together; the axes are kept with size 1. Unrecorded. */
export function runReduce(
  name: string,
  reduceOp: ReduceOp,
  prog: Program,
  operands: readonly Tensor[],
  axes: readonly number[],
  dtype: DType,
  scalars: readonly number[] = [],
): View {
  const backend = commonBackend(name, operands);
  const shape = broadcastShapes(
    operands.map((t) => t.shape),
    name,
  );
  const views = operands.map((t) => t.memory.expand(shape));
  const reduced = shape.map((n, d) => (axes.includes(d) ? 1 : n));
  // The kept dimensions stay in the order in which the first full operand has them.
  const out = allocate(
    backend,
    dtype,
    reduced,
    layoutLike(reduced, [keptDims(views, shape, reduced)]),
  );
  if (out.numel > 0) backend.reduce(reduceOp, prog, views, out, axes, scalars);
  return out;
}

function keptDims(views: readonly View[], shape: Shape, reduced: Shape): View {
  const lead = views.find((v) => v.strides.every((s, d) => s !== 0 || shape[d] === 1)) ?? views[0];
  return lead.with(reduced, lead.strides);
}

// ---- views: another look at the same memory --------------------------------------------------------------------------

export interface ViewOp<A> extends Op<A> {
  restride(v: View, attrs: A): View;
}

/**
 * Defines an op that never copies. `adjoint` brings a gradient back to the input's shape; it is written in tensor ops.
 */
export function defineView<A>(
  name: string,
  restride: (v: View, attrs: A) => View,
  adjoint: (g: Tensor, attrs: A, shape: Shape) => Tensor,
): ViewOp<A> {
  return {
    name,
    restride,
    forward([x], attrs) {
      const v = restride(x.memory, attrs);
      v.storage.retain();
      return [new Tensor(v)];
    },
    gradient: ([g], context) => [adjoint(g!, context.attrs, context.shape(0))],
  };
}

// ---- composite ops: made of others; a backend may bring a kernel of its own ------------------------------------------

export interface ResultSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly strides?: readonly number[];
}

export interface CompositeDefinition<A> {
  /** What the results look like, so that a backend's own kernel can be given memory for them. */
  results?(inputs: readonly Tensor[], attrs: A): ResultSpec[];
  /** The same in terms of other ops; temporaries are released when it returns. */
  decompose(inputs: readonly Tensor[], attrs: A): Tensor[];
  saves?: Op<A>["saves"];
  /** Without a rule, the ops that it is made of are recorded where a gradient is wanted, and no kernel is used there. */
  gradient?: Op<A>["gradient"];
}

/** Whether what an op without a gradient rule does has to be recorded. */
const isRecorded = (inputs: readonly Tensor[]): boolean =>
  inputs.some((t) => t.requiresGrad) && (state.autograd?.isGradEnabled() ?? false);

/**
 * Defines an op by its decomposition, with a gradient of its own. The gradient rule runs in terms of ops that may have
 * kernels of their own in turn; so a backend without any works, and gets faster kernel by kernel.
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineComposite<A>(name: string, definition: CompositeDefinition<A>): Op<A> {
  const { results, decompose, saves, gradient } = definition;
  return {
    name,
    saves,
    gradient,
    forward(inputs, attrs) {
      const backend = commonBackend(name, inputs);
      const kernel = results && backend.overrides.get(name);
      if (kernel && (gradient || !isRecorded(inputs))) {
        const views = results(inputs, attrs).map((r) =>
          allocate(backend, r.dtype, r.shape, r.strides),
        );
        const done = kernel(
          inputs.map((t) => t.memory),
          views,
          attrs as never,
        );
        if (done !== false) return views.map((v) => new Tensor(v));
        for (const v of views) v.storage.release();
      }
      return scope(() => decompose(inputs, attrs), { name });
    },
  };
}

// ---- in-place writes -------------------------------------------------------------------------------------------------

/** targets[i] = prog.exprs[i](operands, scalars). */
export interface Assignment {
  readonly targets: readonly View[];
  readonly operands: readonly View[];
  readonly scalars?: readonly number[];
}

/**
 * One kernel that writes in place, unrecorded. An operand that overlaps a target in another layout is copied first.
 */
export function assign(
  targets: readonly View[],
  prog: Program,
  operands: readonly View[],
  scalars: readonly number[] = [],
): void {
  assignEach(prog, [{ targets, operands, scalars }]);
}

/** The same for several targets with operands of their own: none reads what another writes. */
export function assignEach(prog: Program, assignments: readonly Assignment[]): void {
  const copies: View[] = [];
  const calls = assignments
    .filter(({ targets }) => targets[0].numel > 0)
    .map(({ targets, operands, scalars = [] }) => ({
      inputs: operands.map((operand) => besides(targets, operand, copies)),
      outputs: targets,
      scalars,
    }));
  for (const { outputs } of calls) for (const t of outputs) t.storage.willWrite();
  const backends = new Set(calls.map(({ outputs }) => outputs[0].storage.backend));
  for (const backend of backends) {
    const own = calls.filter(({ outputs }) => outputs[0].storage.backend === backend);
    if (own.length > 1 && backend.mapEach) backend.mapEach(prog, own);
    else
      for (const { inputs, outputs, scalars } of own) backend.map(prog, inputs, outputs, scalars);
  }
  for (const copy of copies) copy.storage.release();
}

/** An operand in the targets' shape, copied if it overlaps one of them in another layout. */
function besides(targets: readonly View[], operand: View, copies: View[]): View {
  const { shape } = targets[0];
  const v = operand.expand(shape);
  const overlaps = targets.some(
    (t) => t.storage === v.storage && !(t.offset === v.offset && sameShape(t.strides, v.strides)),
  );
  if (!overlaps) return v;
  const { backend } = v.storage;
  const copy = allocate(backend, v.dtype, shape);
  backend.map(COPY, [v], [copy], []);
  copies.push(copy);
  return copy;
}
const COPY = program([input(0)], 1);

// ---- checks ----------------------------------------------------------------------------------------------------------

/** The one backend of all operands. */
export function commonBackend(name: string, operands: readonly Tensor[]): Backend {
  const { backend } = operands[0].memory.storage;
  for (let i = 1; i < operands.length; i++) {
    const other = operands[i].memory.storage.backend;
    if (other !== backend) {
      throw new DlError(
        "no-backend",
        `${name}: operand 0 (${formatShape(operands[0].shape)}) is on ${backend.name}, operand ${i} (${formatShape(operands[i].shape)}) on ` +
          `${other.name}: move one with .to(backend), and a model with model.to(backend)`,
      );
    }
  }
  return backend;
}

export function checkTensor(
  x: unknown,
  name: string,
  position: number,
  wanted = "a tensor or a number",
): Tensor {
  if (x instanceof Tensor) return x;
  const what =
    x === null
      ? "null"
      : Array.isArray(x)
        ? "an array"
        : typeof x === "object"
          ? `a ${x.constructor?.name ?? "n object"}`
          : `a ${typeof x}`;
  throw new DlError(
    "value",
    `${name}: operand ${position} is ${x === undefined ? "missing" : what}; ${wanted} is wanted: wrap data in tensor(...)`,
  );
}

export type { BackendView };

import { DlError, dispatchAll, isTensor, type Op, type Tensor, unscoped } from "@dl/tensor/core";

/** What `forward` leaves for `backward`. */
export interface FunctionContext {
  /** Tensors that `backward` will read, as `savedTensors`, in this order. */
  saveForBackward(...tensors: Tensor[]): void;
  readonly savedTensors: readonly Tensor[];
  /** Which inputs want a gradient. */
  readonly needsInputGrad: readonly boolean[];
  /** Anything else. */
  [key: string]: unknown;
}

export interface FunctionDefinition<A extends readonly unknown[]> {
  readonly name: string;
  /** Tensors among the arguments are the inputs; the rest is passed as it is. */
  forward(context: FunctionContext, ...args: A): Tensor | Tensor[];
  /** One gradient per input tensor, null for none, from one per output. */
  backward(
    context: FunctionContext,
    ...grads: Tensor[]
  ): Tensor | null | readonly (Tensor | null)[];
}

type Place =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "output"; readonly index: number }
  | { readonly kind: "other"; readonly tensor: Tensor };

interface Call {
  readonly context: FunctionContext & { places: Place[]; saved: Tensor[] };
  readonly forward: (context: FunctionContext, inputs: readonly Tensor[]) => Tensor[];
}

/**
 * A function with a backward pass of its own, as torch.autograd.Function.
 *
 * @example
 * const cube = defineFunction({
 *   name: "cube",
 *   forward(context, x: Tensor) {
 *     context.saveForBackward(x);
 *     return x.mul(x).mul(x);
 *   },
 *   backward(context, g) {
 *     const [x] = context.savedTensors;
 *     return g.mul(x.mul(x).mul(3));
 *   },
 * });
 * const x = tensor([1, 2], { requiresGrad: true });
 * cube(x).sum().backward();
 * x.grad // => [3, 12]
 */
export function defineFunction<A extends readonly unknown[]>(
  definition: FunctionDefinition<A>,
): (...args: A) => Tensor {
  const all = defineFunctionOfMany(definition);
  return (...args) => all(...args)[0];
}

/** The same for a function with several results. */
export function defineFunctionOfMany<A extends readonly unknown[]>(
  definition: FunctionDefinition<A>,
): (...args: A) => Tensor[] {
  const { name, forward, backward } = definition;
  const op: Op<Call> = {
    name,
    forward(inputs, call) {
      const outputs = call.forward(call.context, inputs);
      call.context.places = call.context.saved.map((t): Place => {
        const i = inputs.indexOf(t);
        if (i >= 0) return { kind: "input", index: i };
        const o = outputs.indexOf(t);
        return o >= 0
          ? { kind: "output", index: o }
          : { kind: "other", tensor: unscoped(() => t.detach()) };
      });
      call.context.saved = [];
      return outputs;
    },
    saves(_, { context: { places } }) {
      const of = (kind: Place["kind"]) =>
        places.filter((p) => p.kind === kind).map((p) => (p as { index: number }).index);
      return { inputs: of("input"), outputs: of("output") };
    },
    gradient(grads, { attrs: { context }, needs, input, output }) {
      const saved = context.places.map((p) =>
        p.kind === "input" ? input(p.index) : p.kind === "output" ? output(p.index) : p.tensor,
      );
      const view = Object.create(context, {
        savedTensors: { value: saved },
        needsInputGrad: { value: needs },
      }) as FunctionContext;
      const result = backward(view, ...(grads as Tensor[]));
      const gradients = (Array.isArray(result) ? result : [result]) as readonly (Tensor | null)[];
      if (gradients.length !== needs.length) {
        throw new DlError(
          "gradient",
          `${name}: backward gave ${gradients.length} gradients for ${needs.length} input tensors: return one per tensor, null for none`,
        );
      }
      return gradients;
    },
  };
  return (...args) => {
    const positions = args.map((x, i) => (isTensor(x) ? i : -1)).filter((i) => i >= 0);
    const context = {
      places: [],
      saved: [],
      savedTensors: [],
      needsInputGrad: [],
    } as unknown as Call["context"];
    context.saveForBackward = (...tensors) => {
      context.saved = tensors;
    };
    const run: Call["forward"] = (own, inputs) => {
      const filled = [...args] as unknown[];
      positions.forEach((p, i) => {
        filled[p] = inputs[i];
      });
      const result = forward(own, ...(filled as unknown as A));
      return Array.isArray(result) ? result : [result];
    };
    return dispatchAll(
      op,
      positions.map((p) => args[p] as Tensor),
      { context, forward: run },
    );
  };
}

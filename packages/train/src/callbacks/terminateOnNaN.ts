import {
  add,
  DlError,
  eachTensor,
  isFloating,
  mul,
  scope,
  stack,
  sum,
  type Tensor,
} from "@dl/tensor/core";
import type { Callback, Run, Step } from "../callback.ts";
import { gradientsOf } from "../clip.ts";
import type { Model } from "../interfaces.ts";
import { unrecorded } from "../modes.ts";

export interface TerminateOnNaNOptions {
  /** After how many steps is it looked again. Default 1. */
  every?: number;
  /** Look at gradients too, not only at the loss. Default true. */
  gradients?: boolean;
}

interface Hooked {
  namedModules?(): Iterable<readonly [name: string, module: any]>;
}

/**
 * Ends training when the loss or a gradient is NaN or infinite, before the optimizer has used it: the parameters are
 * those before that step. `history.stopped` says what was not finite first:
 *
 * 1. a parameter, then training before this step has spoilt it;
 * 2. the batch;
 * 3. the output of a module, in the order in which modules finish;
 * 4. the loss;
 * 5. the gradient of a parameter, the nearest to the loss.
 *
 * One number is read back per look. Set `every` where that is too often; then parameters may be spoilt already.
 */
export class TerminateOnNaN implements Callback {
  readonly every: number;
  readonly gradients: boolean;

  constructor({ every = 1, gradients = true }: TerminateOnNaNOptions = {}) {
    if (!Number.isInteger(every) || every < 1)
      throw new DlError("value", `TerminateOnNaN: every is a whole number from 1, got ${every}`);
    this.every = every;
    this.gradients = gradients;
  }

  async onGradients(run: Run, step: Step): Promise<void> {
    if ((run.steps + 1) % this.every !== 0) return;
    const watched = [step.loss, ...(this.gradients ? gradientsOf(run.model.parameters()) : [])];
    if (!(await areFinite(watched))) {
      const culprit = await firstNonFinite(run.model, step);
      run.stop(`TerminateOnNaN: in epoch ${run.epoch}, batch ${run.batch}, ${culprit}`);
    }
  }
}

/** 0 · x is NaN where x is not finite, and so is any sum with it. */
const spoilt = (t: Tensor): Tensor => sum(mul(t.detach(), 0)).to("float32");

async function areFinite(tensors: readonly Tensor[]): Promise<boolean> {
  const list = tensors.filter((t) => isFloating(t.dtype) && t.numel > 0);
  if (list.length === 0) return true;
  const total = unrecorded(() => scope(() => list.map(spoilt).reduce((a, b) => add(a, b))));
  const value = await total.item();
  total.dispose();
  return value === 0;
}
/** Which of them are not finite, read at once. */
async function whichAreNot(tensors: readonly Tensor[]): Promise<number[]> {
  const at = tensors.flatMap((t, i) => (isFloating(t.dtype) && t.numel > 0 ? [i] : []));
  if (at.length === 0) return [];
  const flags = unrecorded(() => scope(() => stack(at.map((i) => spoilt(tensors[i])))));
  const values = await flags.data();
  flags.dispose();
  return at.filter((_, i) => values[i] !== 0);
}

function named(model: Model): [name: string, parameter: Tensor][] {
  if (model.namedParameters)
    return [...model.namedParameters()].map(([name, p]) => [`parameter ${name}`, p]);
  return [...model.parameters()].map((p, i) => [`parameter number ${i}`, p]);
}

/** What was not finite first, as a clause. */
export async function firstNonFinite(model: Model, step: Step): Promise<string> {
  const parameters = named(model);
  const values = await whichAreNot(parameters.map(([, p]) => p.detach()));
  if (values.length > 0)
    return `${parameters[values[0]][0]} is not finite${others(values.length)}, before this step: an earlier one has spoilt it`;
  const inputs: Tensor[] = [];
  eachTensor(step.batch, (t) => void inputs.push(t));
  if ((await whichAreNot(inputs)).length > 0) return "the batch itself is not finite: see the data";
  const module = await firstModule(model, step);
  if (module) return module;
  if (!(await areFinite([step.loss])))
    return `the loss is ${await step.loss.item()}, of finite outputs: see the loss and the targets`;
  const withGradient = parameters.filter(([, p]) => p.grad && p.grad.released === null);
  const gradients = await whichAreNot(withGradient.map(([, p]) => p.grad!));
  if (gradients.length === 0) return "something is not finite";
  const name = withGradient[gradients.at(-1)!][0];
  return `the gradient of ${name} is not finite${others(gradients.length)}; the loss is`;
}
const others = (count: number): string =>
  count > 1 ? ` (and of ${count - 1} other${count > 2 ? "s" : ""})` : "";

/** Computes the batch once more, and looks at what every module gives. */
async function firstModule(model: Model, step: Step): Promise<string | null> {
  const outputs: [name: string, output: unknown][] = [];
  const removes: (() => void)[] = [];
  for (const [name, module] of (model as Hooked).namedModules?.() ?? []) {
    const hook = (_: unknown, __: unknown, output: unknown) => {
      outputs.push([`${name || "the model"} (${module.constructor.name})`, output]);
    };
    if (typeof module.registerForwardHook === "function")
      removes.push(module.registerForwardHook(hook));
  }
  try {
    await unrecorded(() => step.again());
  } finally {
    for (const remove of removes) remove();
  }
  const tensors: Tensor[] = [];
  const owners: string[] = [];
  for (const [name, output] of outputs)
    eachTensor(output, (t) => {
      tensors.push(t);
      owners.push(name);
    });
  const [first] = await whichAreNot(tensors);
  return first === undefined
    ? null
    : `the output of ${owners[first]} is the first that is not finite`;
}

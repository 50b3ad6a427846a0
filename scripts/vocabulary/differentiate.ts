/**
 * Whether a case has a gradient, and whether the gradient has one: both are computed in float64 and compared with central
 * differences along one direction, so that "yes" means the right numbers.
 */
import { grad, noGrad } from "@dl/autograd";
import { isFloating, manualSeed, scope, type Tensor, tensor } from "@dl/tensor";
import type { Replay, Trial } from "./replays.ts";

/**
 * "zero": it is 0 everywhere. "none": nothing to differentiate, as in PyTorch. "own": PyTorch's
 * numbers, which are not those of the formula.
 */
export type Answer = "yes" | "zero" | "none" | "own" | "no";
export interface Gradients {
  readonly first: Answer;
  readonly second: Answer;
  /** Where an answer is "no". */
  readonly why?: string;
}

const STEP = 1e-5;
/** Numbers without a pattern that a case could share. */
const direction = (n: number, seed: number) =>
  Float64Array.from({ length: n }, (_, i) => 0.25 + Math.abs(Math.sin(1.7 * i + 0.9 * seed + 1)));

/** Σ weight · output, over outputs that may differ in type. */
function weighted(outputs: readonly Tensor[]): Tensor {
  return outputs
    .map((t, k) => t.mul(tensor(direction(t.numel, k), { shape: t.shape })).sum())
    .reduce((a, b) => a.add(b));
}
function move(leaves: readonly Tensor[], by: number): void {
  noGrad(() => {
    leaves.forEach((x, k) => {
      x.set_(x.detach().add(tensor(direction(x.numel, 7 + k), { shape: x.shape }).mul(by)));
    });
  });
}
/** d/dt f(x + t · direction), by differences; the leaves are as before afterwards. */
function difference(leaves: readonly Tensor[], f: () => number): number {
  const before = leaves.map((x) => x.detach().clone());
  const at = (t: number) => {
    move(leaves, t);
    const value = f();
    noGrad(() => {
      leaves.forEach((x, i) => {
        x.set_(before[i].clone());
      });
    });
    return value;
  };
  return (at(STEP) - at(-STEP)) / (2 * STEP);
}
const along = (grads: readonly (Tensor | null)[]): number =>
  grads.reduce(
    (sum, g, k) =>
      sum +
      (g
        ? g
            .detach()
            .double()
            .mul(tensor(direction(g.numel, 7 + k), { shape: g.shape }))
            .sum()
            .itemSync()
        : 0),
    0,
  );
const near = (a: number, b: number) =>
  Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a), Math.abs(b));

/** Smooth places, for cases whose own numbers lie at a kink, or where the function is not defined. */
const PLACES = [undefined, 0.2, 1.2] as const;

export function differentiate(replay: Replay): Gradients {
  let first: Gradients | undefined;
  for (const place of PLACES) {
    const found = scope(() => {
      try {
        const trial = replay.start!();
        if (place !== undefined) relocate(trial.leaves, place);
        return tryOut(trial, replay.hasGradient);
      } catch (error) {
        const why = (error as Error).message;
        const answer = !replay.hasGradient && /nor has PyTorch/.test(why) ? "none" : "no";
        return { first: answer, second: answer, why } as const;
      }
    });
    if (found.first !== "no" && found.second !== "no") return found;
    first ??= found;
  }
  return first!;
}
/** Gives the leaves numbers between `from` and `from` + 0.7, all different. */
function relocate(leaves: readonly Tensor[], from: number): void {
  noGrad(() => {
    leaves.forEach((x, k) => {
      const values = Float64Array.from(
        { length: x.numel },
        (_, i) => from + ((0.1 + 0.31 * k + 0.6180339887 * i) % 0.7),
      );
      x.set_(tensor(values, { shape: x.shape, dtype: x.dtype }));
    });
  });
}
function tryOut({ leaves, forward }: Trial, wanted: boolean): Gradients {
  /** The same random numbers each time. */
  const run = () => {
    manualSeed(0);
    return forward();
  };
  const outputs = run();
  const taken = outputs.flatMap((t, i) => (t.requiresGrad && isFloating(t.dtype) ? [i] : []));
  if (leaves.length === 0 || taken.length === 0)
    return wanted
      ? { first: "no", second: "no", why: "the result has no gradient" }
      : { first: "none", second: "none" };
  const loss = (results: Tensor[]) => weighted(taken.map((i) => results[i]));
  const grads = grad(loss(outputs), leaves, { createGraph: true, allowUnused: true });
  const slope = along(grads);
  const measured = difference(leaves, () => loss(run()).itemSync());
  if (!near(slope, measured))
    return {
      first: "no",
      second: "no",
      why: `the gradient is ${slope}, by differences ${measured}`,
    };

  const kept = grads.flatMap((g, i) => (g && norm(g) > 0 ? [i] : []));
  if (kept.length === 0) return { first: "zero", second: "zero" };
  try {
    return { first: "yes", ...again(kept) };
  } catch (error) {
    const why = (error as Error).message;
    return { first: "yes", second: /nor has PyTorch/.test(why) ? "none" : "no", why };
  }

  function again(kept: readonly number[]): Pick<Gradients, "second" | "why"> {
    const total = (gs: readonly (Tensor | null)[]) => weighted(kept.map((i) => gs[i]!));
    const second = kept.some((i) => grads[i]!.requiresGrad)
      ? grad(total(grads), leaves, { allowUnused: true })
      : [];
    const curve = along(second);
    const bent = difference(leaves, () =>
      total(grad(loss(run()), leaves, { allowUnused: true })).itemSync(),
    );
    if (near(curve, bent)) return { second: second.some((g) => g && norm(g) > 0) ? "yes" : "zero" };
    return { second: "no", why: `the second gradient is ${curve}, by differences ${bent}` };
  }
}
const norm = (g: Tensor): number => g.detach().abs().sum().itemSync();

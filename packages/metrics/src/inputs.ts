/** What predictions and targets are, and whether they are that. */
import {
  DlError,
  defineMap,
  expr as E,
  formatShape,
  ShapeError,
  type Tensor,
} from "@dl/tensor/core";
import type { Metric } from "./metric.ts";

/** Shares 0 … 1, any scores of which greater is likelier, or whole numbers. */
export type Input = "probabilities" | "logits" | "classes";

export interface ClassOptions {
  /**
   * Each sample has one of so many classes. May be left out where predictions are scores `[N, C, ...]`. Without this and
   * `numLabels`, one number per sample is about yes and no.
   */
  numClasses?: number;
  /** Each sample has any of so many labels: predictions and targets are `[N, numLabels, ...]`. */
  numLabels?: number;
  /** A probability of at least this much is a yes. Default 0.5. */
  threshold?: number;
  /**
   * What floating point predictions are. By default one number per sample or label is a probability, which is checked; of
   * scores `[N, C, ...]` the greatest counts, be they probabilities or logits; integers are classes.
   */
  input?: Input;
}
export type ScoreOptions = Pick<ClassOptions, "numClasses" | "numLabels"> & {
  /** `"probabilities"` (default; checked) or `"logits"`. */
  input?: "probabilities" | "logits";
};

/** `[N]` class numbers, or `[N, L]` of 0 and 1. int32. */
export interface Classes {
  readonly kind: Kind;
  /** Of classes or labels; 2 for yes and no. */
  readonly size: number;
  readonly predicted: Tensor;
  readonly actual: Tensor;
}
/** Probabilities `[N]`, `[N, C]` or `[N, L]`, or logits of that shape; the target as in `Classes`. */
export interface Scores {
  readonly kind: Kind;
  readonly size: number;
  readonly scores: Tensor;
  readonly actual: Tensor;
}
export type Kind = "binary" | "multiclass" | "multilabel";
type AnyMetric = Metric<any, any>;

const bool = { result: "bool" } as const;
const isNoClass = defineMap<[Tensor, number]>(
  "isNoClass",
  (x, n) => E.not(E.and(E.and(E.le(0, x), E.lt(x, n)), E.eq(x, E.floor(x)))),
  bool,
);
const isNoShare = defineMap<[Tensor]>(
  "isNoShare",
  (x) => E.not(E.and(E.le(0, x), E.le(x, 1))),
  bool,
);

const isFloat = (t: Tensor): boolean => t.dtype.startsWith("float");
const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, d) => n === b[d]);

function kindOf(
  metric: AnyMetric,
  prediction: Tensor,
  target: Tensor,
  { numClasses, numLabels }: ClassOptions,
): { kind: Kind; size: number } {
  const { name } = metric;
  const isScores = prediction.rank === target.rank + 1;
  const shapes = `prediction ${formatShape(prediction.shape)} does not fit target ${formatShape(target.shape)}`;
  if (numLabels !== undefined) {
    requireCount(name, "numLabels", numLabels, 1);
    if (
      target.rank < 2 ||
      target.shape[1] !== numLabels ||
      !sameShape(prediction.shape, target.shape)
    )
      throw new ShapeError(
        `${name}: ${shapes} and numLabels ${numLabels}: both have to be [N, ${numLabels}, ...]`,
      );
    return { kind: "multilabel", size: numLabels };
  }
  if (numClasses !== undefined) requireCount(name, "numClasses", numClasses, 2);
  if (isScores) {
    const size = prediction.shape[1];
    const fits = sameShape(
      prediction.shape.filter((_, d) => d !== 1),
      target.shape,
    );
    if (!fits)
      throw new ShapeError(`${name}: ${shapes}: scores are [N, C, ...] for a target [N, ...]`);
    if (size !== (numClasses ?? size))
      throw new ShapeError(
        `${name}: prediction ${formatShape(prediction.shape)} has scores of ${size} classes, numClasses is ${numClasses}`,
      );
    if (size < 2)
      throw new ShapeError(
        `${name}: ${shapes}: for one number per sample use prediction.squeeze(1)`,
      );
    return { kind: "multiclass", size };
  }
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError(
      `${name}: ${shapes}: one number per sample in the target's shape, or scores [N, C, ...]`,
    );
  return numClasses === undefined
    ? { kind: "binary", size: 2 }
    : { kind: "multiclass", size: numClasses };
}

export function requireCount(name: string, what: string, count: number, least: number): void {
  if (!(Number.isInteger(count) && count >= least))
    throw new DlError("value", `${name}: ${what} ${count} has to be a whole number from ${least}`);
}
export function requireOneOf(
  name: string,
  what: string,
  value: unknown,
  allowed: readonly unknown[],
): void {
  if (!allowed.includes(value))
    throw new DlError(
      "value",
      `${name}: ${what} ${String(value)} is none of ${allowed.join(", ")}`,
    );
}

function requireClasses(
  metric: AnyMetric,
  what: string,
  classes: Tensor,
  size: number,
  hint = "",
): void {
  metric.refuse(
    what,
    classes,
    isNoClass(classes, size),
    `is not one of the classes 0 … ${size - 1}${hint}`,
    "index",
  );
}
export function requireShares(metric: AnyMetric, scores: Tensor): void {
  metric.refuse(
    "prediction",
    scores,
    isNoShare(scores),
    'is not a probability, 0 … 1: for scores before sigmoid or softmax give input: "logits"',
    "value",
  );
}
function requireNumbers(metric: AnyMetric, what: string, scores: Tensor): void {
  metric.refuse(what, scores, scores.isnan(), "is not a number", "value");
}

/** int32 `[N]`, or `[N, L]`, within range: on a device that does not look, others count as the nearest. */
function targetClasses(metric: AnyMetric, target: Tensor, kind: Kind, size: number): Tensor {
  const classes = kind === "multilabel" ? 2 : size;
  requireClasses(
    metric,
    "target",
    target,
    classes,
    kind === "binary" ? ": numClasses says how many there are" : "",
  );
  return inRange(rows(target, kind), classes);
}
const inRange = (t: Tensor, classes: number): Tensor => {
  const whole = t.to("int32");
  return t.device.readSync ? whole : whole.clamp({ min: 0, max: classes - 1 });
};
/** Samples first, flat; labels last. */
const rows = (t: Tensor, kind: Kind): Tensor =>
  kind === "multilabel" ? columns(t) : t.detach().flatten();
/** `[N, C, ...]` as `[M, C]`. */
export const columns = (t: Tensor): Tensor =>
  (t.rank > 2 ? t.detach().movedim(1, -1) : t.detach()).reshape([-1, t.shape[1]]);

/** Which classes are predicted, and which are true. */
export function classesOf(
  metric: AnyMetric,
  prediction: Tensor,
  target: Tensor,
  options: ClassOptions,
): Classes {
  const { threshold = 0.5, input } = options;
  if (input !== undefined)
    requireOneOf(metric.name, "input", input, ["probabilities", "logits", "classes"]);
  if (!(threshold >= 0 && threshold <= 1))
    throw new DlError(
      "value",
      `${metric.name}: threshold ${threshold} is not a probability, 0 … 1; for logits it is one too`,
    );
  const { kind, size } = kindOf(metric, prediction, target, options);
  const actual = targetClasses(metric, target, kind, size);
  const isScores = prediction.rank === target.rank + 1;
  if (isScores) {
    if (input === "probabilities") requireShares(metric, prediction);
    else requireNumbers(metric, "prediction", prediction);
    return { kind, size, actual, predicted: prediction.detach().argmax(1).flatten() };
  }
  const isAboutYes = kind !== "multiclass" || (size === 2 && input !== undefined);
  if (isAboutYes && input !== "classes" && isFloat(prediction)) {
    const yes = atLeast(metric, prediction, threshold, input === "logits");
    return { kind, size, actual, predicted: rows(yes, kind).to("int32") };
  }
  if (input !== undefined && input !== "classes" && kind === "multiclass")
    throw new ShapeError(
      `${metric.name}: input "${input}" needs scores [N, ${size}, ...], got ${formatShape(prediction.shape)}`,
    );
  const classes = kind === "multilabel" ? 2 : size;
  const hint =
    kind === "binary"
      ? ": numClasses says how many there are"
      : classes === 2 && isFloat(prediction) && input === undefined
        ? ': for probabilities give input: "probabilities"'
        : "";
  requireClasses(metric, "prediction", prediction, classes, hint);
  return { kind, size, actual, predicted: inRange(rows(prediction, kind), classes) };
}

function atLeast(
  metric: AnyMetric,
  prediction: Tensor,
  threshold: number,
  isLogits: boolean,
): Tensor {
  if (!isLogits) {
    requireShares(metric, prediction);
    return prediction.detach().ge(threshold);
  }
  requireNumbers(metric, "prediction", prediction);
  // Not sigmoid(x) ≥ threshold, which rounds.
  return prediction.detach().ge(Math.log(threshold / (1 - threshold)));
}

/** How likely each class is, or each label, and what is true. */
export function scoresOf(
  metric: AnyMetric,
  prediction: Tensor,
  target: Tensor,
  options: ScoreOptions,
): Scores {
  const { input = "probabilities" } = options;
  requireOneOf(metric.name, "input", input, ["probabilities", "logits"]);
  const { kind, size } = kindOf(metric, prediction, target, options);
  const isScores = prediction.rank === target.rank + 1;
  if (kind === "multiclass" && !isScores)
    throw new ShapeError(
      `${metric.name}: for ${size} classes a score of each is wanted, [N, ${size}, ...], got ${formatShape(prediction.shape)}`,
    );
  const actual = targetClasses(metric, target, kind, size);
  const given = isFloat(prediction) ? prediction.detach() : prediction.to("float32");
  const flat = isScores ? columns(given) : rows(given, kind);
  const scores = flat.dtype === "float16" ? flat.to("float32") : flat;
  if (input === "logits") requireNumbers(metric, "prediction", given);
  else {
    requireShares(metric, given);
    if (isScores) {
      const sums = scores.sum(1);
      metric.refuse(
        "the sum of a sample's probabilities",
        sums,
        sums.sub(1).abs().gt(1e-3),
        'is not 1: for scores before softmax give input: "logits"',
        "value",
      );
    }
  }
  return { kind, size, scores, actual };
}

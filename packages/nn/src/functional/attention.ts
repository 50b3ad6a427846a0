/** Attention: weighted means of values, with weights from products of queries and keys. */
import {
  any,
  cat,
  checkTensor,
  DlError,
  defineMap,
  dispatchAll,
  expr,
  formatShape,
  isFloating,
  type Op,
  pad,
  ShapeError,
  scope,
  type Tensor,
  zeros,
  zerosLike,
} from "@dl/tensor/core";
import { dropout, linear } from "../functional.ts";

export interface AttentionOptions {
  /**
   * Broadcasts to `[..., L, S]`. Bool: true where a key takes part (the opposite of MultiheadAttention's masks); floating
   * point: added to the scores.
   */
  attnMask?: Tensor | null;
  /** How likely a weight is dropped, always: there is no `training`. Default 0. */
  dropoutP?: number;
  /** Query i sees keys 0 … i. Default false. */
  isCausal?: boolean;
  /** Of the scores. Default 1/√E. */
  scale?: number | null;
  /** Several heads of queries share one of keys and values. Default false. */
  enableGqa?: boolean;
}

/**
 * softmax(query · keyᵀ · scale + mask) · value.
 *
 *     query [..., L, E], key [..., S, E], value [..., S, Ev] → [..., L, Ev]
 *
 * A query whose mask leaves no key gets zeros. Leading dimensions broadcast; with `enableGqa` the number of query heads
 * (dimension −3) is a multiple of that of the key heads.
 *
 * @throws DlError "value" for a mask together with `isCausal`, ShapeError for shapes that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 *
 * @example
 * const one = tensor([[1, 0], [0, 1]]);
 * scaledDotProductAttention(one, one, tensor([[1], [2]]), { isCausal: true }) // => [[1], [1.669762]]
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  {
    attnMask = null,
    dropoutP = 0,
    isCausal = false,
    scale = null,
    enableGqa = false,
  }: AttentionOptions = {},
): Tensor {
  const name = "scaledDotProductAttention";
  [query, key, value].forEach((t, i) => {
    checkTensor(t, name, i);
  });
  if (attnMask && isCausal)
    throw new DlError("value", `${name}: attnMask and isCausal exclude one another`);
  const [q, k, v] = [query, key, value].map((t) => t.shape);
  if (Math.min(q.length, k.length, v.length) < 2 || q.at(-1) !== k.at(-1) || k.at(-2) !== v.at(-2))
    throw new ShapeError(
      `${name}: query [..., L, E], key [..., S, E] and value [..., S, Ev] are wanted, got ${formatShape(q)}, ${formatShape(k)} and ${formatShape(v)}`,
    );
  return scope(() => {
    const [keys, values] = enableGqa
      ? [repeated(key, query, name), repeated(value, query, name)]
      : [key, value];
    return attend(query, keys, values, {
      mask: attnMask && checkedMask(attnMask, query, name),
      isCausal,
      dropoutP,
      scale: scale ?? 1 / Math.sqrt(q.at(-1)!),
    });
  });
}

/** Heads of keys or values, each as often as query heads share it. */
function repeated(t: Tensor, query: Tensor, name: string): Tensor {
  const [heads, wanted] = [t.shape.at(-3), query.shape.at(-3)];
  if (!heads || !wanted || wanted % heads !== 0)
    throw new ShapeError(
      `${name}: with enableGqa the heads of the query ${formatShape(query.shape)} have to be a multiple of those of ${formatShape(t.shape)}`,
    );
  const times = wanted / heads;
  if (times === 1) return t;
  const lead = t.shape.slice(0, -2);
  const rest = t.shape.slice(-2);
  return t
    .unsqueeze(-3)
    .expand([...lead, times, ...rest])
    .reshape([...lead.slice(0, -1), wanted, ...rest]);
}

function checkedMask(mask: Tensor, like: Tensor, name: string): Tensor {
  if (mask.dtype === "bool") return mask;
  if (!isFloating(mask.dtype))
    throw new DlError(
      "dtype",
      `${name}: a mask is bool or floating point, got ${mask.dtype}: mask.bool() converts it`,
    );
  return mask.to(like.dtype);
}

const scaled = defineMap<[Tensor, number]>("attention scores", (s, scale) => expr.mul(s, scale));
const added = defineMap<[Tensor, Tensor, number]>("attention scores", (s, mask, scale) =>
  expr.add(expr.mul(s, scale), mask),
);
const chosen = defineMap<[Tensor, Tensor, number]>("attention scores", (s, mask, scale) =>
  expr.select(expr.ne(mask, 0), expr.mul(s, scale), Number.NEGATIVE_INFINITY),
);
/** Of scores [batch, L, S]. */
const causal = defineMap<[Tensor, number]>("attention scores", (s, scale) =>
  expr.select(expr.lt(expr.index(1), expr.index(2)), Number.NEGATIVE_INFINITY, expr.mul(s, scale)),
);

interface Attend {
  /** Bool or of the query's dtype. */
  readonly mask: Tensor | null;
  readonly isCausal: boolean;
  readonly dropoutP: number;
  readonly scale: number;
}
function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, isCausal, dropoutP, scale }: Attend,
): Tensor {
  const scores = q.matmul(k.transpose(-1, -2));
  const of = (masked: Tensor): Tensor => {
    const weights = masked.softmax(-1);
    return (dropoutP > 0 ? dropout(weights, { p: dropoutP }) : weights).matmul(v);
  };
  if (isCausal) {
    const { shape } = scores;
    const batch = shape.slice(0, -2).reduce((a, b) => a * b, 1);
    const flat = scores.reshape([batch, ...shape.slice(-2)]);
    return of(causal(flat, scale).reshape(shape));
  }
  if (!mask) return of(scaled(scores, scale));
  // Where no key is left, softmax would be NaN, and so its gradient: all keys are let in, and the result is put away.
  const fixed = mask.detach();
  if (mask.dtype === "bool") {
    const isEmpty = any(fixed, { dim: -1, keepdim: true }).logicalNot();
    return of(chosen(scores, fixed.logicalOr(isEmpty), scale)).maskedFill(isEmpty, 0);
  }
  const isEmpty = fixed.amax({ dim: -1, keepdim: true }).eq(Number.NEGATIVE_INFINITY);
  return of(added(scores, mask.maskedFill(isEmpty, 0), scale)).maskedFill(isEmpty, 0);
}

/** Parts of equal width along the last dimension: views, whose gradient is joined once. */
const partsOp: Op<{ readonly count: number }> = {
  name: "parts",
  forward([x], { count }) {
    const width = x.shape.at(-1)! / count;
    return Array.from({ length: count }, (_, i) => x.narrow(-1, i * width, width));
  },
  gradient(grads) {
    const like = grads.find((g) => g !== null)!;
    return [
      cat(
        grads.map((g) => g ?? zerosLike(like)),
        -1,
      ),
    ];
  },
};
const parts = (x: Tensor, count: number): Tensor[] => dispatchAll(partsOp, [x], { count });

export interface MultiHeadAttentionOptions {
  /** Drop weights. Default true. */
  training?: boolean;
  /** `[N, S]`, or `[S]` without a batch. Bool: true where a key is ignored; floating point: added to the scores. */
  keyPaddingMask?: Tensor | null;
  /** Give the weights too. Default true. */
  needWeights?: boolean;
  /** `[L, S]` or `[N · heads, L, S]`. Bool: true where a key is ignored; floating point: added to the scores. */
  attnMask?: Tensor | null;
  /** Use the three weights below instead of `inProjWeight`. Default false. */
  useSeparateProjWeight?: boolean;
  qProjWeight?: Tensor | null;
  kProjWeight?: Tensor | null;
  vProjWeight?: Tensor | null;
  /** `[N · heads, S, E / heads]`: used in the place of projected keys. */
  staticK?: Tensor | null;
  staticV?: Tensor | null;
  /** Give the mean of the heads' weights. Default true. */
  averageAttnWeights?: boolean;
  /** A hint that `attnMask`, which has to be there, is causal. Default false. */
  isCausal?: boolean;
  /** @internal Sequences are `[N, L, E]`. */
  batchFirst?: boolean;
}

/**
 * What {@link MultiheadAttention} computes, from its parameters.
 *
 *     query [L, N, E], key [S, N, Ek], value [S, N, Ev] → [output [L, N, E], weights [N, L, S] or null]
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export function multiHeadAttentionForward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  embedDimToCheck: number,
  numHeads: number,
  inProjWeight: Tensor | null,
  inProjBias: Tensor | null,
  biasK: Tensor | null,
  biasV: Tensor | null,
  addZeroAttn: boolean,
  dropoutP: number,
  outProjWeight: Tensor,
  outProjBias: Tensor | null,
  options: MultiHeadAttentionOptions = {},
): [output: Tensor, weights: Tensor | null] {
  const {
    training = true,
    needWeights = true,
    useSeparateProjWeight = false,
    qProjWeight,
    kProjWeight,
    vProjWeight,
    staticK,
    staticV,
    averageAttnWeights = true,
    batchFirst = false,
  } = options;
  const name = "MultiheadAttention";
  const isBatched = checkSequences(name, query, key, value, {
    embedDim: embedDimToCheck,
    separate: useSeparateProjWeight,
    batchFirst,
  });
  return scope(() => {
    const batchDim = batchFirst ? 0 : 1;
    const timeDim = 1 - batchDim;
    const batched = (t: Tensor) => (isBatched ? t : t.unsqueeze(batchDim));
    const q = batched(query);
    const batch = q.shape[batchDim];
    const [target, source] = [q.shape[timeDim], batched(key).shape[timeDim]];
    const size = embedDimToCheck / numHeads;

    const masks = masksOf(name, options, q, isBatched, { batch, numHeads, target, source });
    const [queries, ...rest] = project();
    let [keys, values] = rest;
    if (biasK && biasV) {
      const row = (t: Tensor) =>
        t.expand(batchFirst ? [batch, 1, embedDimToCheck] : [1, batch, embedDimToCheck]);
      keys = cat([keys, row(biasK)], timeDim);
      values = cat([values, row(biasV)], timeDim);
    }
    /** [N, heads, time, size] */
    const heads = (t: Tensor) => {
      const [a, b] = t.shape;
      const split = t.reshape([a, b, numHeads, size]);
      return batchFirst ? split.permute(0, 2, 1, 3) : split.permute(1, 2, 0, 3);
    };
    const fixed = (t: Tensor) => t.reshape([batch, numHeads, ...t.shape.slice(1)]);
    const Q = heads(queries);
    let K = staticK ? fixed(staticK) : heads(keys);
    let V = staticV ? fixed(staticV) : heads(values);
    if (addZeroAttn) {
      const nothing = zeros([batch, numHeads, 1, size], { dtype: Q.dtype, device: Q.device });
      K = cat([K, nothing], 2);
      V = cat([V, nothing], 2);
    }
    // What was appended to the keys is always seen.
    const mask = merged(masks, Number(Boolean(biasK && biasV)) + Number(addZeroAttn));

    const p = training ? dropoutP : 0;
    let weights: Tensor | null = null;
    let mean: Tensor;
    if (needWeights) {
      const scores = Q.matmul(K.transpose(-1, -2));
      const scale = 1 / Math.sqrt(size);
      weights = (mask ? added(scores, mask, scale) : scaled(scores, scale)).softmax(-1);
      if (p > 0) weights = dropout(weights, { p });
      mean = weights.matmul(V);
    } else {
      mean = attend(Q, K, V, {
        mask,
        isCausal: masks.isCausal,
        dropoutP: p,
        scale: 1 / Math.sqrt(size),
      });
    }
    const joined = (batchFirst ? mean.permute(0, 2, 1, 3) : mean.permute(2, 0, 1, 3)).reshape([
      ...(batchFirst ? [batch, target] : [target, batch]),
      embedDimToCheck,
    ]);
    const output = linear(joined, outProjWeight, { bias: outProjBias });
    if (weights && averageAttnWeights) weights = weights.mean({ dim: 1 });
    return isBatched ? [output, weights] : [output.squeeze(batchDim), weights?.squeeze(0) ?? null];

    /** Queries, keys and values in the layout of the input: one product for those that are the same tensor. */
    function project(): Tensor[] {
      const k = key === query ? q : batched(key);
      const v = value === key ? k : batched(value);
      const E = embedDimToCheck;
      const bias = (from: number, count: number) =>
        inProjBias && {
          bias: count === 3 ? inProjBias : inProjBias.narrow(0, from * E, count * E),
        };
      const each = [qProjWeight, kProjWeight, vProjWeight];
      if (useSeparateProjWeight)
        return [q, k, v].map((x, i) => linear(x, given(each[i], i), bias(i, 1) ?? {}));
      const weight = given(inProjWeight, 3);
      const rows = (from: number, count: number) => weight.narrow(0, from * E, count * E);
      if (v === k && k === q) return parts(linear(q, weight, bias(0, 3) ?? {}), 3);
      const first = linear(q, rows(0, 1), bias(0, 1) ?? {});
      if (v === k) return [first, ...parts(linear(k, rows(1, 2), bias(1, 2) ?? {}), 2)];
      return [
        first,
        linear(k, rows(1, 1), bias(1, 1) ?? {}),
        linear(v, rows(2, 1), bias(2, 1) ?? {}),
      ];
    }
    function given(weight: Tensor | null | undefined, i: number): Tensor {
      if (weight) return weight;
      const what = ["qProjWeight", "kProjWeight", "vProjWeight", "inProjWeight"][i];
      throw new DlError("value", `${name}: ${what} is missing`);
    }
  });

  /** The two masks as numbers to add, padded for keys that were appended. */
  function merged({ attn, padding }: Masks, extra: number): Tensor | null {
    const longer = (t: Tensor | null) => (t && extra > 0 ? pad(t, [0, extra]) : t);
    const [a, b] = [longer(attn), longer(padding)];
    return a && b ? a.add(b) : (a ?? b);
  }
}

interface Masks {
  /** [1, 1, L, S] or [N, heads, L, S] */
  readonly attn: Tensor | null;
  /** [N, 1, 1, S] */
  readonly padding: Tensor | null;
  readonly isCausal: boolean;
}

interface Sizes {
  readonly batch: number;
  readonly numHeads: number;
  readonly target: number;
  readonly source: number;
}

function masksOf(
  name: string,
  { attnMask, keyPaddingMask, isCausal = false, needWeights = true }: MultiHeadAttentionOptions,
  like: Tensor,
  isBatched: boolean,
  { batch, numHeads, target, source }: Sizes,
): Masks {
  if (isCausal && !attnMask)
    throw new DlError(
      "value",
      `${name}: isCausal is only a hint about attnMask, which is missing: Transformer.generateSquareSubsequentMask(${target}) makes one`,
    );
  const padding =
    keyPaddingMask && asAdded(isBatched ? keyPaddingMask : keyPaddingMask.unsqueeze(0), like, name);
  if (padding && (padding.shape[0] !== batch || padding.shape[1] !== source || padding.rank !== 2))
    throw new ShapeError(
      `${name}: keyPaddingMask has to be ${isBatched ? `[${batch}, ${source}]` : `[${source}]`}, got ${formatShape(keyPaddingMask!.shape)}`,
    );
  // As in PyTorch the hint is taken at its word where nothing else needs the mask.
  const takeHint = isCausal && !padding && !needWeights;
  let attn: Tensor | null = null;
  if (attnMask && !takeHint) {
    const wanted = attnMask.rank === 3 ? [batch * numHeads, target, source] : [target, source];
    if (attnMask.rank !== wanted.length || attnMask.shape.some((n, d) => n !== wanted[d]))
      throw new ShapeError(
        `${name}: attnMask has to be [${target}, ${source}] or [${batch * numHeads}, ${target}, ${source}], got ${formatShape(attnMask.shape)}`,
      );
    const sums = asAdded(attnMask, like, name);
    attn = sums.reshape(
      attnMask.rank === 3 ? [batch, numHeads, target, source] : [1, 1, target, source],
    );
  }
  return {
    attn,
    padding: padding ? padding.reshape([batch, 1, 1, source]) : null,
    isCausal: takeHint,
  };
}

const asAdded = (mask: Tensor, like: Tensor, name: string): Tensor => {
  const checked = checkedMask(mask, like, name);
  return checked.dtype === "bool" ? masking(checked).to(like.dtype) : checked;
};
/** −∞ where a mask holds, else 0. */
const masking = defineMap<[Tensor]>(
  "mask",
  (mask) => expr.select(expr.ne(mask, 0), Number.NEGATIVE_INFINITY, 0),
  { result: "float" },
);

function checkSequences(
  name: string,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { embedDim, separate, batchFirst }: { embedDim: number; separate: boolean; batchFirst: boolean },
): boolean {
  const all = [query, key, value];
  all.forEach((t, i) => {
    checkTensor(t, name, i);
  });
  const rank = query.rank;
  const shapes = `query ${formatShape(query.shape)}, key ${formatShape(key.shape)}, value ${formatShape(value.shape)}`;
  if ((rank !== 2 && rank !== 3) || all.some((t) => t.rank !== rank))
    throw new ShapeError(
      `${name}: query, key and value have to be ${batchFirst ? "[N, L, E]" : "[L, N, E]"}, or [L, E] without a batch, got ${shapes}`,
    );
  if (query.shape.at(-1) !== embedDim)
    throw new ShapeError(
      `${name}(embedDim=${embedDim}): the last dimension of the query ${formatShape(query.shape)} is ${query.shape.at(-1)}`,
    );
  const agree = (a: Tensor, b: Tensor, count: number) =>
    a.shape.slice(0, count).every((n, d) => n === b.shape[d]);
  const batchDim = batchFirst ? 0 : 1;
  if (
    !agree(key, value, separate ? rank - 1 : rank) ||
    (rank === 3 && query.shape[batchDim] !== key.shape[batchDim])
  )
    throw new ShapeError(
      `${name}: keys and values have to agree in length${separate ? "" : " and width"}, and all three in batch size, got ${shapes}${batchFirst ? "" : "; for [N, L, E] write { batchFirst: true }"}`,
    );
  return rank === 3;
}

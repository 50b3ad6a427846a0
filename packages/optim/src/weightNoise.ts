import {
  afterwards,
  DlError,
  type Generator,
  isFloating,
  randnLike,
  scope,
  type Tensor,
  state as world,
} from "@dl/tensor/core";

export interface WeightNoiseOptions {
  /** Standard deviation of the noise. Default 0.01. */
  std?: number;
  /** Of the noise in proportion to each weight's own size: `w · (1 + noise)`. Default false: `w + noise`. */
  relative?: boolean;
  /** Default: the stream that `manualSeed` starts. */
  generator?: Generator;
}

/**
 * Calls `fn` while there is normally distributed noise on the parameters, and puts their numbers back afterwards, to the
 * last bit. With the forward pass and `backward()` in `fn`, gradients are those at noisy weights and the step is made
 * from the clean ones: a regulariser that looks for flat minima (Graves 2011).
 *
 *     optimizer.zeroGrad();
 *     withWeightNoise(model.parameters(), () => criterion(model(x), y).backward(), { std: 0.01 });
 *     optimizer.step();
 *
 * Only parameters that want a gradient get noise. Where `fn` is async, they are put back when it is done.
 *
 * @param params such as `model.parameters()`
 * @returns what `fn` returns
 * @throws DlError "value" if there are no parameters, or for a negative std.
 *
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * withWeightNoise([w], () => w.square().sum().backward(), { std: 0 });
 * w.grad // => [2, 4]
 */
export function withWeightNoise<T>(
  params: Iterable<Tensor>,
  fn: () => T,
  { std = 0.01, relative = false, generator }: WeightNoiseOptions = {},
): T {
  const list = [...params].filter((p) => p.requiresGrad && isFloating(p.dtype));
  if (list.length === 0)
    throw new DlError(
      "value",
      "withWeightNoise: there are no parameters that want a gradient: pass model.parameters()",
    );
  if (!(std >= 0)) throw new DlError("value", `withWeightNoise: std is at least 0, got ${std}`);
  const clean = list.map((p) => p.detach().clone().keep());
  unrecorded(() => {
    for (const [i, p] of list.entries()) {
      const noise = randnLike(clean[i], { generator }).mul(std);
      p.copy_(clean[i].add(relative ? noise.mul(clean[i]) : noise));
    }
  });
  return afterwards(fn, () => {
    unrecorded(() => {
      for (const [i, p] of list.entries()) p.copy_(clean[i]);
    });
    for (const t of clean) t.dispose();
  });
}

function unrecorded(fn: () => void): void {
  scope(() => {
    if (world.autograd) world.autograd.noGrad(fn);
    else fn();
  });
}

import type { RandomKey } from "../backend.ts";
import { DlError } from "../errors.ts";
import { Mt19937 } from "./mt19937.ts";

const f32 = Math.fround;

/**
 * A stream of random numbers. Draws on the host are those of PyTorch's CPU generator with the same seed, number for
 * number; draws on a device (dropout) come from a counter-based stream of the same seed, equal on every backend.
 */
export class Generator {
  private engine: Mt19937;
  private seed: bigint;
  /** Box–Muller makes pairs; the second value waits here for the next scalar draw. */
  private waitingNormal: number | null = null;
  /** Device draws so far, in units of 2³² numbers. */
  private draws = 0;

  constructor(seed: number | bigint = 0) {
    this.seed = BigInt.asUintN(64, BigInt(seed));
    this.engine = new Mt19937(this.seed);
  }

  manualSeed(seed: number | bigint): this {
    this.seed = BigInt.asUintN(64, BigInt(seed));
    this.engine = new Mt19937(this.seed);
    this.waitingNormal = null;
    this.draws = 0;
    return this;
  }

  /** The seed that the stream began with. */
  initialSeed(): bigint {
    return this.seed;
  }
  /** Begins anew with a seed from the clock, which is returned. */
  newSeed(): bigint {
    return this.manualSeed(seedFromClock()).seed;
  }

  /** Everything needed to continue the stream. */
  getState(): GeneratorState {
    const { engine, seed, waitingNormal, draws } = this;
    return {
      seed: seed.toString(),
      words: [...engine.state],
      position: engine.position,
      waitingNormal,
      draws,
    };
  }
  /** Goes on where `getState` was called, of this generator or of another. */
  setState(state: GeneratorState): this {
    if (state?.words?.length !== this.engine.state.length)
      throw new DlError(
        "value",
        `Generator.setState: what getState returned is wanted, with ${this.engine.state.length} words`,
      );
    this.seed = BigInt(state.seed);
    this.engine = new Mt19937(this.seed);
    this.engine.state.set(state.words);
    this.engine.position = state.position;
    this.waitingNormal = state.waitingNormal;
    this.draws = state.draws;
    return this;
  }

  uint32(): number {
    return this.engine.uint32();
  }
  uint64(): bigint {
    return this.engine.uint64();
  }
  /** On [0, 1), as float32: 24 bits of one word. */
  uniform32(): number {
    return (this.engine.uint32() & 0xffffff) / 2 ** 24;
  }
  /** On [0, 1), as float64: 53 bits of two words. */
  uniform64(): number {
    return Number(this.engine.uint64() & ((1n << 53n) - 1n)) / 2 ** 53;
  }

  /** Standard normal, one at a time: Box–Muller in double precision. */
  normal(): number {
    if (this.waitingNormal !== null) {
      const value = this.waitingNormal;
      this.waitingNormal = null;
      return value;
    }
    const angle = 2 * Math.PI * this.uniform64();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform64()));
    this.waitingNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Uniform on [from, to). */
  fillUniform(out: Float32Array | Float64Array, from = 0, to = 1): void {
    if (out instanceof Float64Array) {
      for (let i = 0; i < out.length; i++) out[i] = this.uniform64() * (to - from) + from;
      return;
    }
    const range = f32(f32(to) - f32(from));
    const start = f32(from);
    for (let i = 0; i < out.length; i++) out[i] = f32(this.uniform32() * range + start);
  }

  /** Normal. From 16 elements on PyTorch transforms uniform numbers sixteen at a time, which is another stream. */
  fillNormal(out: Float32Array | Float64Array, mean = 0, std = 1): void {
    if (out.length < 16) {
      for (let i = 0; i < out.length; i++) out[i] = this.normal() * std + mean;
      return;
    }
    this.fillUniform(out);
    const transform = out instanceof Float64Array ? boxMuller64 : boxMuller32;
    for (let at = 0; at + 16 <= out.length; at += 16) transform(out, at, mean, std);
    if (out.length % 16 === 0) return;
    // The tail is drawn again, over the last 16.
    const at = out.length - 16;
    this.fillUniform(out.subarray(at));
    transform(out, at, mean, std);
  }

  /** Whole numbers on [low, high). For ranges from 2²⁸ on PyTorch takes two words each, which is less uneven. */
  fillInt(
    out: Int32Array | Uint8Array | Float32Array | Float64Array,
    low: number,
    high: number,
  ): void {
    const range = high - low;
    const draw =
      range < 2 ** 28
        ? () => this.engine.uint32() % range
        : () => Number(this.engine.uint64() % BigInt(range));
    for (let i = 0; i < out.length; i++) out[i] = low + draw();
  }

  /** 0 … n−1 in random order (Fisher–Yates from the front). */
  permutation(n: number): Int32Array {
    const p = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n - 1; i++) {
      const j = i + (this.engine.uint32() % (n - i));
      const other = p[j];
      p[j] = p[i];
      p[i] = other;
    }
    return p;
  }

  /** A place in the device stream that no earlier draw of up to 2³² numbers has touched. */
  nextKey(): RandomKey {
    const seed = this.seed;
    return { seed: [Number(seed & 0xffffffffn), Number(seed >> 32n)], counter: [0, this.draws++] };
  }
}

export interface GeneratorState {
  readonly seed: string;
  readonly words: readonly number[];
  readonly position: number;
  readonly waitingNormal: number | null;
  readonly draws: number;
}

function boxMuller32(
  out: Float32Array | Float64Array,
  at: number,
  mean: number,
  std: number,
): void {
  for (let j = at; j < at + 8; j++) {
    const radius = f32(Math.sqrt(f32(-2 * f32(Math.log(f32(1 - out[j]))))));
    const angle = f32(f32(2 * Math.PI) * out[j + 8]);
    out[j] = f32(f32(radius * f32(Math.cos(angle))) * f32(std) + f32(mean));
    out[j + 8] = f32(f32(radius * f32(Math.sin(angle))) * f32(std) + f32(mean));
  }
}
function boxMuller64(
  out: Float32Array | Float64Array,
  at: number,
  mean: number,
  std: number,
): void {
  for (let j = at; j < at + 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - out[j]));
    const angle = 2 * Math.PI * out[j + 8];
    out[j] = radius * Math.cos(angle) * std + mean;
    out[j + 8] = radius * Math.sin(angle) * std + mean;
  }
}

const seedFromClock = () => BigInt(Math.floor(Math.random() * 2 ** 48));
/** What draws use that are not given a generator. */
export const defaultGenerator = new Generator(seedFromClock());

/**
 * Starts the default generator's stream anew: the numbers are those of `torch.manual_seed(seed)`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export const manualSeed = (seed: number | bigint): Generator => defaultGenerator.manualSeed(seed);
/**
 * Starts the default generator's stream anew, each time another one. Returns its seed.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.seed.html
 */
export const seed = (): bigint => defaultGenerator.newSeed();
/** The seed that the default generator began with. */
export const initialSeed = (): bigint => defaultGenerator.initialSeed();
/**
 * Where the default generator's stream is, for `setRngState`: plain data, which JSON keeps.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.get_rng_state.html
 *
 * @example
 * const state = getRngState();
 * const first = rand(3);
 * setRngState(state);
 * rand(3).sub(first) // => [0, 0, 0]
 */
export const getRngState = (): GeneratorState => defaultGenerator.getState();
/** Goes on where the default generator's stream was. */
export function setRngState(state: GeneratorState): void {
  defaultGenerator.setState(state);
}

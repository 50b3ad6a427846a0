/**
 * The Mersenne Twister (Matsumoto and Nishimura, 1998) with PyTorch's transforms of its words
 * (ATen/core/MT19937RNGEngine.h, DistributionsHelper.h): the streams of `torch.Generator` on the CPU.
 */
const N = 624;
const M = 397;

export class Mt19937 {
  readonly state = new Uint32Array(N);
  position = N;

  constructor(seed: bigint) {
    const s = this.state;
    s[0] = Number(seed & 0xffffffffn);
    for (let i = 1; i < N; i++) s[i] = Math.imul(1812433253, s[i - 1] ^ (s[i - 1] >>> 30)) + i;
  }

  /** 32 random bits. */
  uint32(): number {
    if (this.position === N) this.refill();
    let y = this.state[this.position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** 64 random bits: the first word is the higher one. */
  uint64(): bigint {
    const high = BigInt(this.uint32());
    return (high << 32n) | BigInt(this.uint32());
  }

  private refill(): void {
    const s = this.state;
    for (let k = 0; k < N; k++) {
      const y = (s[k] & 0x80000000) | (s[(k + 1) % N] & 0x7fffffff);
      s[k] = s[(k + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}

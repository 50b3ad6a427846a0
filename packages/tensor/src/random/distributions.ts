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

/** How many of `count` trials succeed; PyTorch's steps, in which some numbers are rounded to the dtype of its arguments. */
export function binomial(
  g: Generator,
  count: number,
  p: number,
  round: (x: number) => number,
): number {
  if (count <= 0 || p <= 0) return 0;
  if (p >= 1) return count;
  if (p > 0.5) return count - binomialOfRare(g, count, round(1 - p), round);
  return p <= 0.5 ? binomialOfRare(g, count, p, round) : Number.NaN;
}
const binomialOfRare = (
  g: Generator,
  count: number,
  p: number,
  round: (x: number) => number,
): number =>
  round(count * p) >= 10
    ? binomialByRejection(g, count, p, round)
    : binomialByWaiting(g, count, p, round);

/** Waiting times for the next success are added until they exceed the trials. */
function binomialByWaiting(
  g: Generator,
  count: number,
  p: number,
  round: (x: number) => number,
): number {
  const failure = round(Math.log1p(-p));
  let successes = -1;
  for (let trials = 0; trials <= count; successes++)
    trials += Math.ceil(Math.log(g.uniform64()) / failure);
  return successes;
}

/** Hörmann, The generation of binomial random variates (1993): BTRS. */
function binomialByRejection(
  g: Generator,
  count: number,
  p: number,
  round: (x: number) => number,
): number {
  const odds = round(p / round(1 - p));
  const deviation = round(Math.sqrt(round(round(count * p) * round(1 - p))));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = round(count * p) + 0.5;
  const sure = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor(round(round(count + 1) * p));
  for (;;) {
    const u = g.uniform64() - 0.5;
    const v = g.uniform64();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (k < 0 || k > count) continue;
    if (us >= 0.07 && v <= sure) return k;
    const bound =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (count - mode + 1))) +
      (count + 1) * Math.log((count - mode + 1) / (count - k + 1)) +
      (k + 0.5) * Math.log((odds * (count - k + 1)) / (k + 1)) +
      stirlingRest(mode) +
      stirlingRest(count - mode) -
      stirlingRest(k) -
      stirlingRest(count - k);
    if (Math.log((v * alpha) / (a / us ** 2 + b)) <= bound) return k;
  }
}
/** ln k! minus (k + ½) ln (k + 1) − (k + 1) + ½ ln 2π. */
const stirlingRest = (k: number): number =>
  logFactorial(k) - (k + 0.5) * Math.log(k + 1) + k + 1 - 0.5 * Math.log(2 * Math.PI);

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

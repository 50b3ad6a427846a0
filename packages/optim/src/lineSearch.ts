/**
 * A step along a direction that fulfils the strong Wolfe conditions
 *
 *     f(t) ≤ f(0) + c₁ t f′(0)        |f′(t)| ≤ −c₂ f′(0)
 *
 * First steps grow until an interval is known to hold such a point, then the interval shrinks around it; both by the
 * minimum of the cubic through two values and slopes. What is tried in which order is what PyTorch's LBFGS tries.
 *
 * @see Nocedal and Wright, Numerical optimization (2006), algorithms 3.5 and 3.6
 */
import type { Tensor } from "@dl/tensor/core";

/** A point on the line: how far along, the value, the gradient, and the slope along the direction. */
export interface Point {
  readonly t: number;
  readonly value: number;
  readonly gradient: Tensor;
  readonly slope: number;
}

export interface LineSearch {
  readonly point: Point;
  readonly evaluations: number;
}

const C1 = 1e-4;
const C2 = 0.9;

/** Where the cubic through both points has its minimum, within bounds; their middle if it has none. */
function cubicMinimum(
  a: Point,
  b: Point,
  low = Math.min(a.t, b.t),
  high = Math.max(a.t, b.t),
): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = left.slope + right.slope - (3 * (left.value - right.value)) / (left.t - right.t);
  const square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, low), high);
}

/**
 * @param evaluate value, gradient and slope at a distance
 * @param start the point at distance 0
 * @param first the distance to try first
 * @param largest of the direction's elements: an interval in which no parameter moves by `tolerance` is not looked into
 * @param limit how many more points than the first may be tried
 */
export function strongWolfe(
  evaluate: (t: number) => Point,
  start: Point,
  first: number,
  largest: number,
  tolerance: number,
  limit: number,
): LineSearch {
  const isTooHigh = (p: Point) => p.value > start.value + C1 * p.t * start.slope;
  const isFlat = (p: Point) => Math.abs(p.slope) <= -C2 * start.slope;

  let tried = 0;
  let before = start;
  let point = evaluate(first);
  const found = (result: Point): LineSearch => ({ point: result, evaluations: tried + 1 });
  for (; tried < limit; tried++) {
    if (isTooHigh(point) || (tried > 1 && point.value >= before.value)) break;
    if (isFlat(point)) return found(point);
    if (point.slope >= 0) break;
    const next = cubicMinimum(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10);
    before = point;
    point = evaluate(next);
  }
  // Out of tries: between the start and the last of them.
  const ends: [Point, Point] = [tried === limit ? start : before, point];

  // Of equal ones the first counts as the lower.
  const lowest = () => (ends[0].value <= ends[1].value ? 0 : 1);
  let low = lowest();
  let isStuck = false;
  while (tried < limit && !(Math.abs(ends[1].t - ends[0].t) * largest < tolerance)) {
    let t = cubicMinimum(ends[0], ends[1]);
    const left = Math.min(ends[0].t, ends[1].t);
    const right = Math.max(ends[0].t, ends[1].t);
    const margin = 0.1 * (right - left);
    // Too near to an end to gain much: once that is fine, twice it is moved inwards.
    if (Math.min(right - t, t - left) < margin) {
      if (isStuck || t >= right || t <= left) {
        t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
        isStuck = false;
      } else isStuck = true;
    } else isStuck = false;

    point = evaluate(t);
    tried++;
    const high = 1 - low;
    if (isTooHigh(point) || point.value >= ends[low].value) {
      ends[high] = point;
      low = lowest();
    } else {
      const isDone = isFlat(point);
      if (!isDone && point.slope * (ends[high].t - ends[low].t) >= 0) ends[high] = ends[low];
      ends[low] = point;
      if (isDone) break;
    }
  }
  return found(ends[low]);
}

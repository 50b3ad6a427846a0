/** Products over dimensions. */
import { dispatch, type Op } from "../dispatch.ts";
import { wrapDims } from "../shape.ts";
import { state } from "../state.ts";
import type { Tensor } from "../tensor.ts";
import { separate } from "./cast.ts";
import { pad } from "./join.ts";
import {
  accumulated,
  type DimsFirst,
  dimArguments,
  type ReduceAttrs,
  reduceOp,
  type SumOptions,
} from "./reduce.ts";
import { cumprod } from "./scan.ts";

const prodOp: Op<ReduceAttrs> = {
  ...reduceOp,
  gradient([grad], context) {
    const { axes, keepdim } = context.attrs;
    const x = context.input(0).to(grad!.dtype);
    const kept = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
    const restore = (t: Tensor) => (keepdim ? t : t.reshape(kept)).expand(x.shape);
    const gradient = prodGradient(x, restore(grad!), restore(context.output()), axes);
    return [gradient.to(context.dtype(0))];
  },
};

/** g · Π of the others, also where elements are zero: with one zero only that one has a gradient, with two none has. */
function prodGradient(x: Tensor, g: Tensor, product: Tensor, axes: readonly number[]): Tensor {
  if (x.numel === 0) return g.mul(x);
  if (state.autograd?.isGradEnabled()) return differentiableProdGradient(x, g, axes);
  const isZero = x.eq(0);
  const zeros = isZero.sum(axes, { keepdim: true });
  const others = prod(x.maskedFill(isZero, 1), axes, { keepdim: true });
  const single = isZero.logicalAnd(zeros.eq(1));
  const regular = product.div(x.maskedFill(isZero, 1)).maskedFill(zeros.gt(0).expand(x.shape), 0);
  return g.mul(single.where(others.expand(x.shape), regular));
}
/** As running products of what is before and what is behind: no zero is a special case, so that it has gradients in turn. */
function differentiableProdGradient(x: Tensor, g: Tensor, axes: readonly number[]): Tensor {
  const others = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const order = [...others, ...axes];
  const moved = x.permute(order);
  const rows = moved.reshape([...others.map((d) => x.shape[d]), -1]);
  const before = (t: Tensor) =>
    cumprod(pad(t.narrow(-1, 0, t.shape.at(-1)! - 1), [1, 0], { value: 1 }), -1);
  const rest = before(rows).mul(before(rows.flip(-1)).flip(-1));
  const back = order.map((_, d) => order.indexOf(d));
  return g.mul(rest.reshape(moved.shape).permute(back));
}

export function prod(x: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
  const { dim, keepdim = false, dtype = accumulated(x) } = dimArguments(args);
  const axes = wrapDims(dim, x.rank, "prod");
  if (axes.length === 0) return separate(x.to(dtype), x);
  return dispatch(prodOp, [x], { reduceOp: "prod", axes, keepdim, dtype });
}

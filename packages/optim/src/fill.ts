import { assign, expr, program, type TensorView } from "@dl/tensor/core";

const FILL = program([expr.scalar(0)], 0, 1);
export const fillView = (v: TensorView, value: number): void => assign([v], FILL, [], [value]);

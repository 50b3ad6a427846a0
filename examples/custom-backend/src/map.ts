import {
  computeType,
  elementWriter,
  evaluateProgram,
  type HostKernel,
  identityOf,
  joinFor,
} from "@dl/tensor/core";

/** outputs[i] = program.exprs[i](inputs, scalars) */
export const map: HostKernel<"map"> = (program, inputs, outputs, scalars) => {
  const type = computeType(inputs, outputs);
  const write = outputs.map(elementWriter);
  const { shape } = outputs[0];
  evaluateProgram(program, { type, inputs, scalars, shape }, (values, start, count) =>
    write.forEach((to, i) => to(values[i], start, count)),
  );
};

/** output = op over `axes` of program.exprs[0](inputs, scalars), in double precision until it is stored. */
export const reduce: HostKernel<"reduce"> = (op, program, inputs, output, axes, scalars) => {
  const { shape } = inputs[0];
  const type = computeType(inputs, [output]);
  const join = joinFor(op, type);
  const totals = new Float64Array(output.numel).fill(identityOf(op, output.dtype));
  // The reduced dimensions innermost: elements of one total follow one another.
  const order = [...shape.keys()].sort((a, b) => +axes.includes(a) - +axes.includes(b));
  const perTotal = axes.reduce((n, d) => n * shape[d], 1);
  evaluateProgram(program, { type, inputs, scalars, shape, order }, ([values], start, count) => {
    let t = Math.floor(start / perTotal);
    let left = perTotal - (start % perTotal);
    for (let i = 0; i < count; i++) {
      totals[t] = join(totals[t], values[i]);
      if (--left === 0) [t, left] = [t + 1, perTotal];
    }
  });
  // Sums of integers wrap.
  if (type === "int32") totals.forEach((x, i) => (totals[i] = x | 0));
  elementWriter(output)(totals, 0, totals.length);
};

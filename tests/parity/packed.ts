/** What sections/packed.py wrote. */
import "@dl/autograd";
import * as nn from "@dl/nn";
import { isTensor, type Tensor } from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  inspect,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { flatTensors } from "./module.ts";
import { section } from "./replay.ts";

interface Case {
  readonly inputs: FixtureTensor[];
  readonly outputs: FixtureTensor[];
  readonly grads: (FixtureTensor | null)[];
}
interface LayerCase extends Case {
  readonly module: string;
  readonly args: number[];
  readonly options: Record<string, unknown>;
  readonly state: Record<string, FixtureTensor>;
  readonly lengths: number[];
  readonly enforceSorted: boolean;
  readonly parameterGrads: Record<string, FixtureTensor>;
}
interface SequenceCase extends Case {
  readonly kind: "pack" | "pad";
  readonly lengths: number[];
  readonly enforceSorted: boolean;
  readonly batchFirst: boolean;
  readonly paddingValue: number;
  readonly paddingSide: "left" | "right";
  readonly totalLength: number | null;
  readonly batchSizes: FixtureTensor;
  readonly sortedIndices: FixtureTensor | null;
  readonly unsortedIndices: FixtureTensor | null;
  readonly back: FixtureTensor;
}
const cases = fixture<{ layers: LayerCase[]; sequences: SequenceCase[] }>("packed");
const make = (name: string, args: unknown[], options: object): nn.Module =>
  new (nn as unknown as Record<string, new (...x: unknown[]) => nn.Module>)[name](...args, options);

/** Results and gradients of the inputs. */
function check(c: Case, fn: (inputs: Tensor[]) => Tensor[]): void {
  const inputs = c.inputs.map((x) => toTensor(x).requiresGrad_());
  const outputs = fn(inputs);
  expect(outputs.length).toBe(c.outputs.length);
  c.outputs.forEach((wanted, i) => expectNear(outputs[i], wanted, 1e-5, `result ${i}`));
  weightedSum(outputs)?.backward();
  c.grads.forEach((wanted, i) => {
    if (wanted) expectNear(inputs[i].grad!, wanted, 1e-5, `gradient ${i}`);
  });
}
function same(t: Tensor | null, wanted: FixtureTensor | null): void {
  if (t && wanted) inspect(t, (values) => expect(Array.from(values)).toEqual(wanted.data));
  else expect(t).toBe(wanted);
}

function runLayer(c: LayerCase): void {
  const { lengths, enforceSorted, options } = c;
  const layer = make(c.module, c.args, options);
  layer.loadStateDict(
    Object.fromEntries(Object.entries(c.state).map(([k, v]) => [k, toTensor(v)])),
  );
  const batchFirst = Boolean(options.batchFirst);
  check(c, ([x, ...hx]) => {
    const packed = nn.packPaddedSequence(x, lengths, { batchFirst, enforceSorted });
    const given = hx.length === 0 ? [] : [c.module === "LSTM" ? hx : hx[0]];
    const [out, states] = (layer as unknown as (...x: unknown[]) => [nn.PackedSequence, unknown])(
      packed,
      ...given,
    );
    expect(out).toBeInstanceOf(nn.PackedSequence);
    const [y, back] = nn.padPackedSequence(out, { batchFirst });
    inspect(back, (values) => expect(Array.from(values)).toEqual(lengths));
    return [y, ...(isTensor(states) ? [states] : flatTensors(states))];
  });
  const parameters = new Map(layer.namedParameters());
  for (const [k, wanted] of Object.entries(c.parameterGrads))
    expectNear(parameters.get(k)!.grad!, wanted, 1e-5, `gradient of ${k}`);
}

function runSequence(c: SequenceCase): void {
  const { lengths, enforceSorted, batchFirst, paddingValue, totalLength, paddingSide } = c;
  check(c, (xs) => {
    if (c.kind === "pack") {
      const packed = nn.packPaddedSequence(xs[0], lengths, { batchFirst, enforceSorted });
      same(packed.batchSizes, c.batchSizes);
      same(packed.sortedIndices, c.sortedIndices);
      same(packed.unsortedIndices, c.unsortedIndices);
      const [y, back] = nn.padPackedSequence(packed, { batchFirst, paddingValue, totalLength });
      same(back, c.back);
      return [packed.data, y];
    }
    const y = nn.padSequence(xs, { batchFirst, paddingValue, paddingSide });
    const packed = nn.packSequence(xs, { enforceSorted });
    if (paddingSide === "right")
      nn.unpadSequence(y, lengths, { batchFirst }).forEach((t, i) => {
        expectNear(t, c.inputs[i], 1e-7, `sequence ${i}`);
      });
    return [y, packed.data, ...nn.unpackSequence(packed)];
  });
}

const title = "packed sequences against PyTorch";
export const packed = [
  section(title, cases.layers, {
    name: (c) => c.module,
    title: (c, i) =>
      `${i}: ${c.module}(${JSON.stringify(c.options)}) over lengths ${c.lengths}${c.inputs.length > 1 ? ", with a state" : ""}`,
    run: runLayer,
  }),
  section(title, cases.sequences, {
    name: (c) => `${c.kind}Sequence`,
    title: (c, i) => `${i}: ${c.kind} lengths ${c.lengths}, shape [${c.inputs[0].shape}]`,
    run: runSequence,
  }),
];

/** Replays sections/packed.py. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { isTensor, setBackend, type Tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor, weightedSum } from "./fixture.ts";
import { flatTensors } from "./module.ts";

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
function replay(c: Case, fn: (inputs: Tensor[]) => Tensor[]): void {
  const inputs = c.inputs.map((x) => toTensor(x).requiresGrad_());
  const outputs = fn(inputs);
  expect(outputs.length).toBe(c.outputs.length);
  c.outputs.forEach((wanted, i) => expectNear(outputs[i], wanted, 1e-5, `result ${i}`));
  weightedSum(outputs)?.backward();
  c.grads.forEach((wanted, i) => {
    if (wanted) expectNear(inputs[i].grad!, wanted, 1e-5, `gradient ${i}`);
  });
}
const same = (t: Tensor | null, wanted: FixtureTensor | null) =>
  expect(t && Array.from(t.dataSync())).toEqual(wanted?.data ?? null);

for (const wasm of [true, false]) {
  const use = () => setBackend(cpu({ wasm }));
  describe(`packed sequences against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    cases.layers.forEach((c, i) => {
      const { lengths, enforceSorted, options } = c;
      test(`${i}: ${c.module}(${JSON.stringify(options)}) over lengths ${lengths}${c.inputs.length > 1 ? ", with a state" : ""}`, () => {
        use();
        const layer = make(c.module, c.args, options);
        layer.loadStateDict(
          Object.fromEntries(Object.entries(c.state).map(([k, v]) => [k, toTensor(v)])),
        );
        const batchFirst = Boolean(options.batchFirst);
        replay(c, ([x, ...hx]) => {
          const packed = nn.packPaddedSequence(x, lengths, { batchFirst, enforceSorted });
          const given = hx.length === 0 ? [] : [c.module === "LSTM" ? hx : hx[0]];
          const [out, states] = (
            layer as unknown as (...x: unknown[]) => [nn.PackedSequence, unknown]
          )(packed, ...given);
          expect(out).toBeInstanceOf(nn.PackedSequence);
          const [y, back] = nn.padPackedSequence(out, { batchFirst });
          expect(Array.from(back.dataSync())).toEqual(lengths);
          return [y, ...(isTensor(states) ? [states] : flatTensors(states))];
        });
        const parameters = new Map(layer.namedParameters());
        for (const [k, wanted] of Object.entries(c.parameterGrads))
          expectNear(parameters.get(k)!.grad!, wanted, 1e-5, `gradient of ${k}`);
      });
    });

    cases.sequences.forEach((c, i) => {
      const { lengths, enforceSorted, batchFirst, paddingValue, totalLength, paddingSide } = c;
      test(`${i}: ${c.kind} lengths ${lengths}, shape [${c.inputs[0].shape}]`, () => {
        use();
        if (c.kind === "pad") {
          replay(c, (xs) => {
            const y = nn.padSequence(xs, { batchFirst, paddingValue, paddingSide });
            const packed = nn.packSequence(xs, { enforceSorted });
            if (paddingSide === "right")
              expect(
                nn.unpadSequence(y, lengths, { batchFirst }).map((t) => t.tolistSync()),
              ).toEqual(xs.map((t) => t.tolistSync()));
            return [y, packed.data, ...nn.unpackSequence(packed)];
          });
          return;
        }
        replay(c, ([x]) => {
          const packed = nn.packPaddedSequence(x, lengths, { batchFirst, enforceSorted });
          same(packed.batchSizes, c.batchSizes);
          same(packed.sortedIndices, c.sortedIndices);
          same(packed.unsortedIndices, c.unsortedIndices);
          const [y, back] = nn.padPackedSequence(packed, { batchFirst, paddingValue, totalLength });
          same(back, c.back);
          return [packed.data, y];
        });
      });
    });
  });
}

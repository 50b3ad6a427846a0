import { readFileSync } from "node:fs";
import { cpu } from "@dl/backend-cpu";
import { scope, setBackend, type Tensor, tensor, typedArrayFor } from "@dl/tensor";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Metric, Report } from "./index.ts";
import * as metrics from "./index.ts";

type Options = Record<string, unknown>;
interface Case {
  readonly f: string;
  readonly data: string;
  readonly options: Options;
  readonly want: unknown;
}
interface Numbers {
  readonly shape: number[];
  readonly dtype: "float32" | "int32";
  readonly data: number[];
}

const file = new URL("./fixtures/scikit.json", import.meta.url);
const { data, cases } = JSON.parse(readFileSync(file, "utf8"), (_, x) =>
  ["NaN", "Infinity", "-Infinity"].includes(x) ? Number(x) : x,
) as { data: Record<string, [Numbers, Numbers]>; cases: Case[] };

const toTensor = ({ shape, dtype, data }: Numbers): Tensor =>
  tensor(new (typedArrayFor(dtype))(data), { shape });

const names: Record<string, string> = {
  f1Score: "F1Score",
  fbetaScore: "FBetaScore",
  rocAuc: "ROCAUC",
  rocCurve: "ROCCurve",
};
/** The class behind a function. */
function classOf({ f, options, data: name }: Case): Metric<unknown> {
  if (f === "topKAccuracy") return new metrics.Accuracy({ topK: options.k as number });
  const className = names[f] ?? f[0].toUpperCase() + f.slice(1);
  const Class = (metrics as any)[className];
  if (f !== "confusionMatrix") return new Class(options);
  const { numClasses = 2, ...rest } = options;
  return new Class(numClasses, {
    input: name.startsWith("binary") ? "probabilities" : undefined,
    ...rest,
  });
}

/** Of reports and bins what scikit-learn gives, in its form. */
function comparable(f: string, value: unknown): unknown {
  if (f === "classificationReport") {
    const report = value as Report;
    const list = (rows: Report["rows"]) =>
      Object.fromEntries(Object.entries(rows).map(([k, r]) => [k, Object.values(r)]));
    const accuracy = report.accuracy === null ? {} : { accuracy: report.accuracy };
    const table = { ...list(report.rows), ...accuracy, ...list(report.averages) };
    return { text: String(report), table };
  }
  if (f !== "reliabilityCurve") return value;
  const { counts, predicted, observed } = value as metrics.Reliability;
  const filled = (list: number[]) => list.filter((_, i) => counts[i] > 0);
  return { counts, predicted: filled(predicted), observed: filled(observed) };
}

function expectNear(got: unknown, want: unknown, path: string): void {
  if (typeof want === "number") {
    expect(typeof got, path).toBe("number");
    const isNear =
      Object.is(got, want) ||
      got === want ||
      Math.abs((got as number) - want) <= 1e-6 * Math.max(1, Math.abs(want));
    if (!isNear) throw new Error(`${path} is ${got}, scikit-learn has ${want}`);
  } else if (typeof want === "object" && want !== null) {
    expect(Object.keys(got as object).sort(), path).toEqual(Object.keys(want).sort());
    for (const [k, v] of Object.entries(want)) expectNear((got as any)[k], v, `${path}.${k}`);
  } else expect(got, path).toEqual(want);
}

/** Samples from…to. */
const part = (t: Tensor, from: number, to: number): Tensor => t.narrow(0, from, to - from);

/** Three batches, of which another metric sees the second and is merged. */
function inParts(c: Case, prediction: Tensor, target: Tensor): unknown {
  const [mine, other] = [classOf(c), classOf(c)];
  const n = target.shape[0];
  const cuts = [0, Math.floor(n / 4), Math.floor((2 * n) / 3), n];
  for (const i of [2, 1, 0]) {
    const [p, t] = [prediction, target].map((x) => part(x, cuts[i], cuts[i + 1]));
    (i === 1 ? other : mine).update(p, t);
  }
  return mine.merge(other).computeSync();
}

beforeAll(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

for (const wasm of [true, false])
  describe(`against scikit-learn, ${wasm ? "WASM" : "reference path"}`, () => {
    cases.forEach((c, i) => {
      const options = Object.entries(c.options).map(([k, v]) => `${k}: ${v}`);
      test(`${i}: ${c.f}(${[c.data, ...options].join(", ")})`, async () => {
        setBackend(cpu({ wasm }));
        const [prediction, target] = data[c.data].map(toTensor);
        const whole = await (metrics as any)[c.f](prediction, target, c.options);
        expectNear(comparable(c.f, whole), c.want, "all at once");
        const parts = scope(() => inParts(c, prediction, target));
        expectNear(comparable(c.f, parts), c.want, "in batches");
      });
    });
  });

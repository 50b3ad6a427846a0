/** Files of tensors that are no checkpoints, and states that are none. */
import { writeSafetensors } from "@dl/io";
import { type Tensor, zeros } from "@dl/tensor";
import type { BadInput } from "./badInput.ts";

export const checkpointOf = (
  json: unknown,
  tensors: Record<string, Tensor> = {},
  more: object = {},
) =>
  writeSafetensors(tensors, {
    metadata: {
      format: "dl.checkpoint",
      version: "1",
      state: typeof json === "string" ? json : JSON.stringify(json),
      ...more,
    },
  });
const deep = (n: number) => `{"parts":{"a":${"[".repeat(n)}${"]".repeat(n)}}}`;
const state = checkpointOf;

export const checkpoints: BadInput[] = [
  [
    "a file of tensors",
    () => writeSafetensors({ a: zeros(1) }),
    /x: this is a file of tensors, not a checkpoint/,
  ],
  ["a later version", () => state({}, {}, { version: "2" }), /version "2"; known is 1/],
  ["a state that is no JSON", () => state("{parts"), /the state in the metadata is not JSON/],
  ["an empty state", () => state(""), /is not JSON/],
  ["a state that is a list", () => state([]), /is no object with parts/],
  ["a state without parts", () => state({ extra: 1 }), /is no object with parts/],
  ["parts in a list", () => state({ parts: [] }), /is no object with parts/],
  [
    "a tensor that is missing",
    () => state({ parts: { model: { w: { $tensor: "model.w" } } } }),
    /"model.w" is the tensor "model.w", which is missing/,
  ],
  [
    "the name of a method",
    () => state({ parts: { model: { $tensor: "toString" } } }),
    /is the tensor "toString", which is missing/,
  ],
  [
    "a tensor that nothing refers to",
    () => state({ parts: {} }, { w: zeros(1) }),
    /tensor "w" belongs to no part/,
  ],
  [
    "a tensor's name that is a number",
    () => state({ parts: { a: { $tensor: 1 } } }),
    /is neither a value nor one of/,
  ],
  [
    "an unknown mark",
    () => state({ parts: { a: { $date: "x" } } }),
    /"a" is neither a value nor one of .*: "\$date"/,
  ],
  ["a mark beside others", () => state({ parts: { a: { $number: "NaN", b: 1 } } }), /is neither/],
  [
    "a mark behind others",
    () => state({ parts: { a: { b: 1, $number: "NaN" } } }),
    /has the key "\$number"/,
  ],
  ["an unknown number", () => state({ parts: { a: { $number: "toString" } } }), /is neither/],
  [
    "a number of a million digits",
    () => state({ parts: { a: { $bigint: "9".repeat(1e6) } } }),
    /is neither/,
  ],
  ["a fraction as a whole number", () => state({ parts: { a: { $bigint: "1.5" } } }), /is neither/],
  ["what is nested a thousand times", () => state(deep(1000)), /lies 100 deep/],
  ["what is nested a million times", () => state(deep(1e6)), /lies 100 deep|not JSON/],
];

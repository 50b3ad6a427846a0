/** Indices of files of tensors. */
import type { BadInput } from "./badInput.ts";

const index = (map: unknown) => JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });

export const shards: BadInput<string | Uint8Array>[] = [
  ["what is not JSON", "{", "i: the index is not JSON"],
  ["what is not UTF-8", Uint8Array.of(0xff), "i: the index is not JSON"],
  ["a list", "[]", "i: an object with weight_map is expected"],
  ["null", "null", "i: an object with weight_map is expected"],
  ["no map", "{}", "i: an object with weight_map is expected"],
  ["a map that is a list", index([]), "i: an object with weight_map is expected"],
  ["a tensor twice", '{"weight_map":{"a":"x","a":"y"}}', 'i: "a" appears twice'],
  ["a number for a file", index({ a: 1 }), 'i: the file of tensor "a" is of type number'],
  [
    "another folder",
    index({ a: "../a.safetensors" }),
    'the file of tensor "a" is "../a.safetensors", the name of a file beside the index',
  ],
  [
    "an absolute path",
    index({ a: "/etc/passwd" }),
    "the name of a file beside the index is expected",
  ],
  ["a folder of Windows", index({ a: "..\\a" }), "the name of a file beside the index is expected"],
  ["an address", index({ a: "https:example" }), "the name of a file beside the index is expected"],
  ["the folder itself", index({ a: ".." }), "the name of a file beside the index is expected"],
  ["no name", index({ a: "" }), "the name of a file beside the index is expected"],
];

/** Files of CIFAR-10 and CIFAR-100. */
import type { BadInput } from "./badInput.ts";

const pixels = Array.from({ length: 3072 }, (_, i) => (i * 7) % 256);
export const cifar10Record = (label: number): number[] => [label, ...pixels];
export const cifar100Record = (coarse: number, fine: number): number[] => [coarse, fine, ...pixels];
const record = cifar100Record;
const two = Uint8Array.from([...record(4, 0), ...record(1, 99)]);

export const cifar100: BadInput[] = [
  ["nothing", new Uint8Array(0), "b: 3074 bytes an image expected, got 0"],
  [
    "a file cut off",
    two.subarray(0, 5000),
    "which is 1 images and 1926 bytes: the file is truncated",
  ],
  ["one of CIFAR-10", new Uint8Array(3073 * 3), "is not of CIFAR-100's binary version"],
  [
    "an impossible group",
    Uint8Array.from([...record(4, 0), ...record(20, 1)]),
    "the labels of image 1 are 20 and 1",
  ],
  ["an impossible class", Uint8Array.from(record(4, 100)), "the labels of image 0 are 4 and 100"],
  [
    "a class in two groups",
    Uint8Array.from([...record(4, 7), ...record(5, 7)]),
    "class 7 is in group 4, and for image 1 in group 5",
  ],
];

const ten = Uint8Array.from([...cifar10Record(3), ...cifar10Record(9)]);
export const cifar10: BadInput[] = [
  ["nothing", new Uint8Array(0), "3073 bytes an image expected, got 0"],
  [
    "a file cut off",
    ten.subarray(0, 5000),
    "3073 bytes an image expected, got 5,000, which is 1 images and 1927 bytes",
  ],
  ["one of CIFAR-100", new Uint8Array(3074 * 3), "is not of CIFAR-10's binary version"],
  [
    "an impossible label",
    Uint8Array.from([...cifar10Record(3), ...cifar10Record(10)]),
    "the label of image 1 is 10",
  ],
];

/** CIFAR-10 in its packed form. */
export const med: BadInput[] = [
  ["nothing", new Uint8Array(0), "m: 3073 bytes an image expected, got 0"],
  ["a byte too many", new Uint8Array(3074), "m: 3073 bytes an image expected, got 3,074"],
];

import { transforms } from "@dl/data";
import type { Module } from "@dl/nn";
import { AdamW, OneCycleLR } from "@dl/optim";
import type { Tensor } from "@dl/tensor";

/** What a black pixel is after MNIST's normalisation: what comes in where an image is moved. */
const BLACK = -0.1307 / 0.3081;

/** Turned, moved, larger or smaller: a little, each image in its own way, anew in every epoch. */
export function augmentation(): (images: Tensor) => Tensor {
  const affine = new transforms.RandomAffine(10, {
    translate: [0.08, 0.08],
    scale: [0.9, 1.1],
    interpolation: "bilinear",
    fill: BLACK,
  });
  return (images) => affine(images);
}

/** A rate that rises to `lr` in the first fifth of all batches, and falls to nothing. */
export function schedule(model: Module, batches: number, lr = 0.005) {
  const optimizer = new AdamW(model.parameters(), { lr, weightDecay: 0.01 });
  const scheduler = new OneCycleLR(optimizer, lr, {
    totalSteps: batches,
    pctStart: 0.2,
    cycleMomentum: false,
  });
  return { optimizer, scheduler };
}

import * as tf from "@tensorflow/tfjs";
import type { Runnable } from "../../child/answer.ts";
import type { Conv } from "../../workloads/spec.ts";
import { backward, FILTER, FILTER_BACK, FIRST, forward, input, LAST, permuted } from "./tensors.ts";

export function conv(spec: Conv): Runnable {
  const { batch, channels, filters, size, kernel, padding, groups, backward: isBackward } = spec;
  const out = size + 2 * padding - kernel + 1;
  const x = permuted<tf.Tensor4D>(input([batch, channels, size, size]), LAST);
  const isDepthwise = groups > 1;
  // [height, width, channels, multiplier] when each channel is on its own.
  const order = isDepthwise ? [2, 3, 0, 1] : FILTER;
  const weight = permuted<tf.Tensor4D>(
    input([filters, channels / groups, kernel, kernel], 1),
    order,
  );
  const product = (image: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor =>
    isDepthwise
      ? tf.depthwiseConv2d(image, filter, 1, "same")
      : tf.conv2d(image, filter, 1, padding);
  if (!isBackward) return forward(() => product(x, weight), FIRST);

  const dy = permuted<tf.Tensor4D>(input([batch, filters, out, out], 2), LAST);
  const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
    product(a as tf.Tensor4D, b as tf.Tensor4D),
  );
  return backward(
    () => gradients([x, weight], dy),
    [FIRST, isDepthwise ? FIRST_OF_DEPTHWISE : FILTER_BACK],
  );
}

const FIRST_OF_DEPTHWISE = [2, 3, 0, 1];

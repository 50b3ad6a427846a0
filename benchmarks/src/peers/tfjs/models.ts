/** The models of the training steps: variables in PyTorch's order, and a function of the images. */
import * as tf from "@tensorflow/tfjs";
import { weights } from "../../child/data.ts";
import { FILTER, permuted } from "./tensors.ts";

type Layer = (x: tf.Tensor) => tf.Tensor;

export class Builder {
  readonly variables: tf.Variable[] = [];
  #index = 0;

  #variable(value: tf.Tensor): tf.Variable {
    const variable = tf.variable(value);
    value.dispose();
    this.variables.push(variable);
    return variable;
  }
  #weight(shape: number[]): tf.Tensor {
    return tf.tensor(weights(shape, this.#index), shape);
  }
  #vector(length: number, value: number): tf.Variable {
    this.#index++;
    return this.#variable(tf.fill([length], value));
  }

  /** @param image [channels, height, width] of what was flattened, whose order is another here */
  linear(from: number, to: number, image: number[] = []): Layer {
    const columns = tf.tidy(() => {
      const matrix = this.#weight([to, from]);
      if (image.length === 0) return tf.transpose(matrix);
      return tf.reshape(tf.transpose(tf.reshape(matrix, [to, ...image]), [2, 3, 1, 0]), [from, to]);
    });
    this.#index++;
    const weight = this.#variable(columns);
    const bias = this.#vector(to, 0);
    return (x) => tf.add(tf.matMul(x, weight), bias);
  }
  conv(
    from: number,
    to: number,
    kernel: number,
    { stride = 1, padding = 0, bias = true } = {},
  ): Layer {
    const filter = this.#variable(permuted(this.#weight([to, from, kernel, kernel]), FILTER));
    this.#index++;
    const shift = bias ? this.#vector(to, 0) : undefined;
    return (x) => {
      const y = tf.conv2d(x as tf.Tensor4D, filter as unknown as tf.Tensor4D, stride, padding);
      return shift ? tf.add(y, shift) : y;
    };
  }
  batchNorm(channels: number): Layer {
    const scale = this.#vector(channels, 1);
    const offset = this.#vector(channels, 0);
    const [mean, variance] = [0, 1].map((value) => tf.variable(tf.fill([channels], value), false));
    return (x) => {
      const batch = tf.moments(x, [0, 1, 2]);
      const y = tf.batchNorm(
        x,
        batch.mean as tf.Tensor1D,
        batch.variance as tf.Tensor1D,
        offset as unknown as tf.Tensor1D,
        scale as unknown as tf.Tensor1D,
        1e-5,
      );
      mean.assign(tf.add(tf.mul(mean, 0.9), tf.mul(batch.mean, 0.1)));
      variance.assign(tf.add(tf.mul(variance, 0.9), tf.mul(batch.variance, 0.1)));
      return y;
    };
  }
  block(from: number, to: number): Layer {
    const stride = from === to ? 1 : 2;
    const conv1 = this.conv(from, to, 3, { stride, padding: 1, bias: false });
    const norm1 = this.batchNorm(to);
    const conv2 = this.conv(to, to, 3, { padding: 1, bias: false });
    const norm2 = this.batchNorm(to);
    const shortcut: Layer =
      from === to
        ? (x) => x
        : chain(this.conv(from, to, 1, { stride, bias: false }), this.batchNorm(to));
    return (x) => tf.relu(tf.add(norm2(conv2(tf.relu(norm1(conv1(x))))), shortcut(x)));
  }
}

const chain =
  (...layers: Layer[]): Layer =>
  (x) =>
    layers.reduce((y, layer) => layer(y), x);
const relu: Layer = (x) => tf.relu(x);
const tanh: Layer = (x) => tf.tanh(x);
const pool: Layer = (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid");
const average: Layer = (x) => tf.mean(x, [1, 2]);
const flatten: Layer = (x) => tf.reshape(x, [x.shape[0], -1]);

export const models: Readonly<Record<string, (b: Builder) => Layer>> = {
  mlp: (b) => chain(b.linear(784, 512), relu, b.linear(512, 10)),
  cnn: (b) =>
    chain(
      ...[b.conv(1, 32, 3, { padding: 1 }), relu, pool],
      ...[b.conv(32, 64, 3, { padding: 1 }), relu, pool],
      ...[flatten, b.linear(3136, 10, [64, 7, 7])],
    ),
  cifar: (b) =>
    chain(
      ...[b.conv(3, 6, 5), relu, pool],
      ...[b.conv(6, 16, 5), relu, pool, flatten],
      ...[b.linear(400, 120, [16, 5, 5]), relu, b.linear(120, 84), relu, b.linear(84, 10)],
    ),
  resnet: (b) =>
    chain(
      ...[b.conv(3, 16, 3, { padding: 1, bias: false }), b.batchNorm(16), relu],
      ...[b.block(16, 16), b.block(16, 32), b.block(32, 64)],
      ...[average, b.linear(64, 10)],
    ),
  xor: (b) => chain(b.linear(2, 8), tanh, b.linear(8, 1)),
  iris: (b) => chain(b.linear(4, 16), relu, b.linear(16, 3)),
};

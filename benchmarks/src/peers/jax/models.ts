/** The models of the training steps: a list of parameters, and a function that takes them from a list in that order. */
import { lax, nn, numpy as np } from "@jax-js/jax";
import { weights } from "../../child/data.ts";
import { array, type JaxArray } from "./arrays.ts";

/** Takes over its input, and its parameters from the list. Running statistics are pushed to `statistics`. */
type Layer = (x: JaxArray, state: State) => JaxArray;
export interface State {
  readonly parameters: Iterator<JaxArray>;
  /** Running means and variances, as they were. */
  readonly before: Iterator<JaxArray>;
  readonly after: JaxArray[];
}
const next = (list: Iterator<JaxArray>): JaxArray => list.next().value;

export class Builder {
  readonly parameters: JaxArray[] = [];
  readonly statistics: JaxArray[] = [];

  #weight(shape: number[]): void {
    this.parameters.push(array(weights(shape, this.parameters.length), shape));
  }
  #vector(length: number, value: number): void {
    this.parameters.push(np.full([length], value));
  }

  linear(from: number, to: number): Layer {
    this.#weight([to, from]);
    this.#vector(to, 0);
    return (x, { parameters }) => np.matmul(x, next(parameters).transpose()).add(next(parameters));
  }
  conv(
    from: number,
    to: number,
    kernel: number,
    { stride = 1, padding = 0, bias = true } = {},
  ): Layer {
    this.#weight([to, from, kernel, kernel]);
    if (bias) this.#vector(to, 0);
    const around: [number, number] = [padding, padding];
    return (x, { parameters }) => {
      const y = lax.conv(x, next(parameters), [stride, stride], [around, around]);
      return bias ? y.add(next(parameters).reshape([to, 1, 1])) : y;
    };
  }
  batchNorm(channels: number): Layer {
    this.#vector(channels, 1);
    this.#vector(channels, 0);
    this.statistics.push(np.zeros([channels]), np.ones([channels]));
    const axes = [0, 2, 3];
    return (x, { parameters, before, after }) => {
      const mean = x.ref.mean(axes, { keepdims: true });
      const centred = x.sub(mean.ref);
      const variance = np.square(centred.ref).mean(axes, { keepdims: true });
      for (const batch of [mean, variance.ref]) {
        const old = next(before).mul(0.9);
        after.push(old.add(lax.stopGradient(batch).reshape([channels]).mul(0.1)));
      }
      const scale = next(parameters).reshape([channels, 1, 1]);
      const shift = next(parameters).reshape([channels, 1, 1]);
      return centred.mul(scale.div(np.sqrt(variance.add(1e-5)))).add(shift);
    };
  }
  block(from: number, to: number): Layer {
    const stride = from === to ? 1 : 2;
    const main = chain(
      this.conv(from, to, 3, { stride, padding: 1, bias: false }),
      this.batchNorm(to),
      relu,
      this.conv(to, to, 3, { padding: 1, bias: false }),
      this.batchNorm(to),
    );
    const shortcut: Layer =
      from === to
        ? (x) => x
        : chain(this.conv(from, to, 1, { stride, bias: false }), this.batchNorm(to));
    return (x, state) => nn.relu(main(x.ref, state).add(shortcut(x, state)));
  }
}

const chain =
  (...layers: Layer[]): Layer =>
  (x, state) =>
    layers.reduce((y, layer) => layer(y, state), x);
const relu: Layer = (x) => nn.relu(x);
const tanh: Layer = (x) => np.tanh(x);
const pool: Layer = (x) => {
  const [n, c, h, w] = x.shape;
  return x.reshape([n, c, h / 2, 2, w / 2, 2]).max([3, 5]);
};
const average: Layer = (x) => x.mean([2, 3]);
const flatten: Layer = (x) => x.reshape([x.shape[0], -1]);

export const models: Readonly<Record<string, (b: Builder) => Layer>> = {
  mlp: (b) => chain(b.linear(784, 512), relu, b.linear(512, 10)),
  cnn: (b) =>
    chain(
      ...[b.conv(1, 32, 3, { padding: 1 }), relu, pool],
      ...[b.conv(32, 64, 3, { padding: 1 }), relu, pool],
      ...[flatten, b.linear(3136, 10)],
    ),
  cifar: (b) =>
    chain(
      ...[b.conv(3, 6, 5), relu, pool],
      ...[b.conv(6, 16, 5), relu, pool, flatten],
      ...[b.linear(400, 120), relu, b.linear(120, 84), relu, b.linear(84, 10)],
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

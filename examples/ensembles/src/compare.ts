import { manualSeed, randperm, type Tensor, tensor } from "@dl/tensor";
import { AveragingEnsemble, adaBoost, bagging, VotingEnsemble } from "@dl/train";
import { type Digits8, loadDigits8 } from "../../shared/src/digits8.ts";
import { type Model, member, type Samples, weakMember } from "./members.ts";

export interface Parts {
  readonly train: Samples;
  readonly test: Samples;
}

/** Few to train on: that is where members differ. */
export function parts({ x, y }: Digits8, train = 300): Parts {
  const order = randperm(y.numel);
  const take = (from: number, to: number): Samples => {
    const rows = order.slice(0, from, to);
    return { x: x.indexSelect(0, rows), y: y.indexSelect(0, rows) };
  };
  return { train: take(0, train), test: take(train, y.numel) };
}
export const load = (): Parts => parts(loadDigits8());

const right = async (classes: Tensor, { y }: Samples): Promise<number> =>
  classes.eq(y).to("float32").mean().item();
const alone = (model: Model, samples: Samples): Promise<number> =>
  right(model(samples.x).argmax(1), samples);

export interface Result {
  readonly name: string;
  readonly models: number;
  readonly accuracy: number;
}

/** Members that differ in nothing but their seed: each alone, and together in three ways. */
export async function averaging({ train, test }: Parts, count = 10): Promise<Result[]> {
  const models = Array.from({ length: count }, (_, seed) => member(train, seed));
  const each = await Promise.all(models.map((model) => alone(model, test)));
  const together = {
    "hard voting": new VotingEnsemble(models).predict(test.x),
    "soft voting: mean of probabilities": new VotingEnsemble(models, { voting: "soft" }).predict(
      test.x,
    ),
    "mean of logits": new AveragingEnsemble(models).predict(test.x).argmax(1),
  };
  return [
    { name: "one network, worst", models: 1, accuracy: Math.min(...each) },
    { name: "one network, mean", models: 1, accuracy: each.reduce((a, b) => a + b) / count },
    { name: "one network, best", models: 1, accuracy: Math.max(...each) },
    ...(await Promise.all(
      Object.entries(together).map(async ([name, classes]) => ({
        name,
        models: count,
        accuracy: await right(classes, test),
      })),
    )),
  ];
}

/** Each member is trained on digits drawn with replacement; those that it was not given say how good it is. */
export async function bagged({ train, test }: Parts, count = 10) {
  manualSeed(0);
  const bags = await bagging(
    (indices, i) => {
      const rows = tensor(indices);
      const { x, y } = train;
      return member({ x: x.indexSelect(0, rows), y: y.indexSelect(0, rows) }, i);
    },
    train.y.numel,
    { count },
  );
  const said = bags.outOfBag(train.x);
  const seen = said.select(1, 0).isnan().logicalNot();
  const isRight = said.argmax(1).eq(train.y).logicalAnd(seen);
  return {
    result: {
      name: "bagging, soft voting",
      models: count,
      accuracy: await right(
        new VotingEnsemble(bags.models, { voting: "soft" }).predict(test.x),
        test,
      ),
    } satisfies Result,
    outOfBag: (await isRight.sum().item()) / (await seen.sum().item()),
  };
}

/** Weak members, each trained on what the ones before it got wrong. */
export async function boosted({ train, test }: Parts, estimators = 40) {
  const boost = await adaBoost(
    ({ index, weights }) => weakMember(train, weights, index),
    train.x,
    train.y,
    { estimators },
  );
  const first = await alone(boost.models[0], test);
  return {
    errors: boost.errors,
    results: [
      { name: "one weak network", models: 1, accuracy: first },
      {
        name: "AdaBoost of weak networks",
        models: boost.models.length,
        accuracy: await right(boost.predict(test.x), test),
      },
    ] satisfies Result[],
  };
}

/** Type errors that must occur, and types that must follow from `forward`. */
import { type Tensor, type ValuesAndIndices, zeros } from "@dl/tensor";
import { expect, expectTypeOf, test } from "vitest";
import * as nn from "./index.ts";
import "./testing.ts";

class Net extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
  );
  head = new nn.Linear(16, 10);
  forward(x: Tensor) {
    return this.head(this.features(x));
  }
}
class Two extends nn.Module {
  inner = new Net();
  forward(x: Tensor, scale = 1, options: { train?: boolean } = {}): [Tensor, Tensor] {
    const y = this.inner(x);
    return options.train ? [y, y.mul(scale)] : [y, y];
  }
}
class Generic<M extends nn.Module> extends nn.Module {
  inner: M;
  constructor(inner: M) {
    super();
    this.inner = inner;
  }
  forward(...args: Parameters<M["forward"]>) {
    return this.inner(...args) as ReturnType<M["forward"]>;
  }
}
class Later extends nn.Module {
  head = new nn.Linear(2, 2);
  async forward(x: Tensor) {
    return this.head(x);
  }
}

test("a call has the types of forward", () => {
  const x = zeros(1, 1, 4, 4);
  expectTypeOf(new Net()(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new Two()(x, 2, { train: true })).toEqualTypeOf<[Tensor, Tensor]>();
  expectTypeOf(new Generic(new Net())(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new Later()(zeros(2))).toEqualTypeOf<Promise<Tensor>>();
  expectTypeOf(new nn.MaxPool2d(2)(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new nn.MaxPool2d(2, { returnIndices: true })(x)).toEqualTypeOf<ValuesAndIndices>();
  const list: nn.Module[] = [
    new Net(),
    new Two(),
    new nn.ReLU(),
    new nn.MaxPool2d(2, { returnIndices: true }),
  ];
  expect(list.length).toBe(4);
});

test("mistakes do not compile", () => {
  const mistakes = () => {
    // @ts-expect-error a string is no tensor
    new Net()("x");
    // @ts-expect-error a second argument that forward does not have
    new Net()(zeros(1), 1);
    // @ts-expect-error a misspelt option
    new nn.Conv2d(1, 2, 3, { paddding: 1 });
    // @ts-expect-error no such padding mode
    new nn.Conv2d(1, 2, 3, { paddingMode: "mirror" });
    // @ts-expect-error not an element type
    new Net().to("float");
    // @ts-expect-error the number of classes is missing
    new nn.Linear(3);
    // @ts-expect-error forward is missing
    class Bare extends nn.Module {}
    return Bare;
  };
  expect(mistakes).toBeTypeOf("function");
});

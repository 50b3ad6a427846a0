import { type Tensor, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import * as nn from "./index.ts";
import { close } from "./testing.ts";

class Add extends nn.Module {
  readonly n: number;
  constructor(n: number) {
    super();
    this.n = n;
  }
  forward(x: Tensor) {
    return x.add(this.n);
  }
}

describe("Sequential", () => {
  const net = new nn.Sequential(new Add(1), new nn.ReLU(), new Add(2));
  test("calls one after another", () => close(net(tensor([-5, 5])), [2, 8]));
  test("is the identity when empty", () => close(new nn.Sequential()(tensor([1])), [1]));
  test("is indexed from both ends, and iterated", () => {
    expect(net.length).toBe(3);
    expect(net.at(-1)).toBe([...net][2]);
    expect(() => net.at(3)).toThrow("there is no module 3: it has 3");
  });
  test("grows, is cut and changed", () => {
    const other = new nn.Sequential(new Add(1)).append(new Add(2)).extend([new Add(3)]);
    close(other(tensor([0])), [6]);
    close(other.slice(1)(tensor([0])), [5]);
    close(other.set(0, new Add(10))(tensor([0])), [15]);
  });
  test("takes modules by name", () => {
    const named = new nn.Sequential({ first: new Add(1), second: new nn.Linear(1, 1) });
    expect(Object.keys(named.stateDict())).toEqual(["second.weight", "second.bias"]);
    expect(named.get("first")).toBe(named.at(0));
    close(new nn.Sequential(new Map([["x", new Add(3)]]))(tensor([1])), [4]);
  });
  test("rejects what is no module", () => {
    // @ts-expect-error a class, not a layer
    expect(() => new nn.Sequential(nn.ReLU)).toThrow("write new ReLU()");
    // @ts-expect-error a function
    expect(() => new nn.Sequential((x: Tensor) => x)).toThrow("not a module");
  });
});

describe("ModuleList", () => {
  const list = new nn.ModuleList([new Add(1), new Add(2)]);
  test("holds modules of one class, typed", () => {
    expect(list.at(1).n).toBe(2);
    expect([...list].map((m) => m.n)).toEqual([1, 2]);
    expect(list.append(new Add(3)).insert(0, new Add(0)).length).toBe(4);
    expect([...list].map((m) => m.n)).toEqual([0, 1, 2, 3]);
  });
  test("is not called", () => expect(() => list()).toThrow("loop over it"));
});

describe("ModuleDict", () => {
  const dict = new nn.ModuleDict({ a: new Add(1), b: new nn.Linear(1, 2) });
  test("holds modules by name, typed", () => {
    expect(dict.get("a").n).toBe(1);
    expect(dict.get("b")(zeros(1)).shape).toEqual([2]);
    expect([...dict.keys()]).toEqual(["a", "b"]);
    expect(dict.has("c")).toBe(false);
    // @ts-expect-error no such name
    expect(() => dict.get("c")).toThrow("it has a, b");
  });
  test("saves under names", () =>
    expect(Object.keys(dict.stateDict())).toEqual(["b.weight", "b.bias"]));
});

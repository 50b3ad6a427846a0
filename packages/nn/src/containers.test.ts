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

const keysOf = (module: nn.Module) => Object.keys(module.stateDict());
const linear = () => new nn.Linear(1, 1, { bias: false });

describe("modules are put in and taken out", () => {
  test("of a Sequential, which numbers them anew", () => {
    const [a, b, c] = [new Add(1), new Add(2), new Add(3)];
    const net = new nn.Sequential(a, c).insert(1, b);
    expect([...net]).toEqual([a, b, c]);
    expect(net.insert(-1, a).at(2)).toBe(a);
    expect(net.pop(2)).toBe(a);
    expect(net.pop()).toBe(c);
    net.delete(0);
    expect([...net]).toEqual([b]);
    expect(net.get("0")).toBe(b);
    expect(() => net.insert(3, a)).toThrow("there is no place 3 among 1");
    expect(() => net.pop(1)).toThrow("there is no module 1");
    const named = new nn.Sequential({ first: linear(), second: linear() });
    named.delete(0);
    expect(keysOf(named)).toEqual(["0.weight"]);
  });
  test("of a ModuleList", () => {
    const [a, b, c] = [linear(), linear(), linear()];
    const list = new nn.ModuleList([a, c]).insert(1, b);
    expect(keysOf(list)).toEqual(["0.weight", "1.weight", "2.weight"]);
    expect(list.pop(0)).toBe(a);
    expect([...list]).toEqual([b, c]);
    expect([...list.slice(1)]).toEqual([c]);
    list.delete(-1);
    expect([...list]).toEqual([b]);
  });
  test("of a ModuleDict", () => {
    const [a, b] = [linear(), linear()];
    const dict = new nn.ModuleDict({ a, b });
    expect(dict.pop("a")).toBe(a);
    expect([...dict.items()]).toEqual([["b", b]]);
    dict.update({ c: a });
    expect([...dict.keys()]).toEqual(["b", "c"]);
    dict.clear();
    expect(dict.length).toBe(0);
    expect(() => dict.pop("a")).toThrow('there is no module "a"');
  });
});

describe("ParameterList", () => {
  test("holds parameters in order", () => {
    const own = new nn.Parameter(zeros(2));
    const list = new nn.ParameterList([own]).append(zeros(3)).extend([zeros(1)]);
    expect(list.length).toBe(3);
    expect(list.at(0)).toBe(own);
    expect(list.at(-1).shape).toEqual([1]);
    expect(list.parameters()).toEqual([...list]);
    expect(keysOf(list)).toEqual(["0", "1", "2"]);
    expect(keysOf(list.set(1, zeros(5)).slice(1))).toEqual(["0", "1"]);
    expect(list.at(1).shape).toEqual([5]);
    expect(() => list.at(3)).toThrow("there is no parameter 3: it has 3");
    expect(() => list.extend(own as never)).toThrow("an array of tensors");
    expect(() => list()).toThrow("has no forward");
  });
  test("is found in a module", () => {
    class Net extends nn.Module {
      scales = new nn.ParameterList([zeros(2)]);
      forward(x: Tensor) {
        return x.mul(this.scales.at(0));
      }
    }
    expect(keysOf(new Net())).toEqual(["scales.0"]);
  });
});

describe("ParameterDict", () => {
  test("holds parameters by name", () => {
    const own = new nn.Parameter(zeros(2));
    const dict = new nn.ParameterDict({ b: own, a: zeros(1) });
    expect([...dict.keys()]).toEqual(["a", "b"]);
    expect(dict.get("b")).toBe(own);
    expect(dict.get("c", { default: null })).toBe(null);
    expect(() => dict.get("c")).toThrow('there is no parameter "c"; it has a, b');
    expect(dict.setdefault("b", zeros(7))).toBe(own);
    expect(dict.setdefault("c", zeros(7)).shape).toEqual([7]);
    expect(dict.popitem()[0]).toBe("c");
    expect(dict.pop("b")).toBe(own);
    expect(keysOf(dict.copy())).toEqual(["a"]);
    expect(keysOf(dict.fromkeys(["x", "y"], own))).toEqual(["x", "y"]);
    expect(dict.has("a")).toBe(true);
    dict.clear();
    expect(dict.length).toBe(0);
    expect(() => dict.set("a.b", own)).toThrow("cannot be a name");
    expect(() => dict.popitem()).toThrow("empty");
  });
  test("keeps the order of a Map and of pairs", () => {
    const pairs: [string, Tensor][] = [
      ["b", zeros(1)],
      ["a", zeros(1)],
    ];
    expect(keysOf(new nn.ParameterDict(new Map(pairs)))).toEqual(["b", "a"]);
    expect(keysOf(new nn.ParameterDict(pairs))).toEqual(["b", "a"]);
  });
});

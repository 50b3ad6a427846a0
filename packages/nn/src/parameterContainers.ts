/** Modules that hold parameters, by number and by name. */
import { DlError, type DType, isTensor, type Tensor } from "@dl/tensor/core";
import { Module } from "./module.ts";
import { isParameter, Parameter } from "./parameter.ts";

abstract class ParameterContainer extends Module {
  private readonly _held = new Map<string, Parameter>();

  /** How many parameters. */
  override get length(): number {
    return this._held.size;
  }
  override ownParameters(): [key: string, parameter: Parameter][] {
    return [...this._held, ...super.ownParameters()];
  }
  override replaceOwn(key: string, tensor: Tensor): void {
    if (this._held.has(key)) this._held.set(key, tensor as Parameter);
    else super.replaceOwn(key, tensor);
  }
  protected get held(): ReadonlyMap<string, Parameter> {
    return this._held;
  }
  /** A tensor becomes a parameter that shares its memory. */
  protected put(name: string, value: Tensor): void {
    const what = this.constructor.name;
    if (!isTensor(value))
      throw new DlError("value", `${what}: "${name}" is ${String(value)}, not a tensor`);
    if (name === "" || name.includes("."))
      throw new DlError("value", `${what}: "${name}" cannot be a name: not empty, without dots`);
    this._held.set(name, isParameter(value) ? value : new Parameter(value));
  }
  protected remove(name: string): void {
    this._held.delete(name);
  }

  forward(): never {
    const { name } = this.constructor;
    throw new DlError(
      "value",
      `${name}: it holds parameters and has no forward: use them one by one`,
    );
  }

  /** How a parameter's type is printed; lists and dictionaries of PyTorch differ in it. */
  protected abstract typeName(dtype: DType): string;
  override extraRepr(): string {
    return [...this._held]
      .map(([name, p]) => {
        const type = `${this.typeName(p.dtype)} of size ${p.shape.join("x")}`;
        return `  (${name}): Parameter containing: [${type}]`;
      })
      .join("\n");
  }
}

/**
 * An array of parameters that are found: in `parameters()`, in the state dictionary as `0`, `1`, and so on.
 *
 * @param values tensors; those that are no parameters become some, sharing their memory.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 *
 * @example
 * const scales = new ParameterList([ones(2), zeros(3)]);
 * scales.parameters().length // => 2
 */
export class ParameterList extends ParameterContainer {
  constructor(values: Iterable<Tensor> = []) {
    super();
    this.extend(values);
  }

  /** The i-th parameter; from the end if `i` is negative. */
  at(i: number): Parameter {
    return this.held.get(this._nameAt(i))!;
  }
  /** Puts another parameter in the place of the i-th. */
  set(i: number, value: Tensor): this {
    this.put(this._nameAt(i), value);
    return this;
  }
  append(value: Tensor): this {
    this.put(String(this.length), value);
    return this;
  }
  extend(values: Iterable<Tensor>): this {
    if (isTensor(values))
      throw new DlError("value", "ParameterList.extend: an array of tensors is wanted, got one");
    for (const value of values) this.append(value);
    return this;
  }
  /** The same parameters from `start` to before `end`, as another list. */
  slice(start?: number, end?: number): ParameterList {
    return new ParameterList([...this].slice(start, end));
  }
  [Symbol.iterator](): Iterator<Parameter> {
    return this.held.values();
  }

  private _nameAt(i: number): string {
    const { length } = this;
    if (!Number.isInteger(i) || i < -length || i >= length)
      throw new DlError("index", `ParameterList: there is no parameter ${i}: it has ${length}`);
    return String(i < 0 ? i + length : i);
  }
  protected typeName(dtype: DType): string {
    return `torch.${dtype}`;
  }
}

export type NamedParameters =
  | Readonly<Record<string, Tensor>>
  | ReadonlyMap<string, Tensor>
  | Iterable<readonly [string, Tensor]>;

const TYPES: Record<string, string> = {
  float16: "Half",
  float32: "Float",
  float64: "Double",
  int32: "Int",
  uint8: "Byte",
  bool: "Bool",
};

/**
 * Parameters by name that are found: in `parameters()`, and in the state dictionary under their names.
 *
 * @param parameters tensors by name; those that are no parameters become some, sharing their memory. As in PyTorch the
 *   names of an object are sorted; a Map and an array of pairs keep their order.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 *
 * @example
 * const sides = new ParameterDict({ right: zeros(3), left: ones(2) });
 * [...sides.keys()] // => ["left", "right"]
 */
export class ParameterDict extends ParameterContainer {
  constructor(parameters: NamedParameters = {}) {
    super();
    this.update(parameters);
  }

  /** The parameter of that name; if there is none, `default`, and without one an error. */
  get(name: string): Parameter;
  get<D>(name: string, options: { default: D }): Parameter | D;
  get(name: string, options?: { default: unknown }): unknown {
    const found = this.held.get(name);
    if (found) return found;
    if (options) return options.default;
    throw new DlError(
      "value",
      `ParameterDict: there is no parameter "${name}"; it has ${[...this.keys()].join(", ") || "none"}`,
    );
  }
  has(name: string): boolean {
    return this.held.has(name);
  }
  set(name: string, value: Tensor): this {
    this.put(name, value);
    return this;
  }
  /** The parameter of that name; if there is none, `value` becomes it. */
  setdefault(name: string, value: Tensor): Parameter {
    if (!this.has(name)) this.set(name, value);
    return this.get(name);
  }
  delete(name: string): void {
    this.remove(name);
  }
  /** Takes the parameter of that name out. */
  pop(name: string): Parameter {
    const found = this.get(name);
    this.remove(name);
    return found;
  }
  /** Takes out what was put in last. */
  popitem(): [name: string, parameter: Parameter] {
    const last = [...this.held].at(-1);
    if (!last) throw new DlError("value", "ParameterDict: popitem of an empty dictionary");
    this.remove(last[0]);
    return last;
  }
  clear(): void {
    for (const name of [...this.keys()]) this.remove(name);
  }
  update(parameters: NamedParameters): this {
    const isIterable = Symbol.iterator in parameters;
    const entries = isIterable
      ? (parameters as Iterable<readonly [string, Tensor]>)
      : Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of entries) this.set(name, value);
    return this;
  }
  /** The same parameters in another dictionary. */
  copy(): ParameterDict {
    return new ParameterDict(this.items());
  }
  /** Another dictionary with one value under all these names. */
  fromkeys(names: Iterable<string>, value: Tensor): ParameterDict {
    return new ParameterDict(Array.from(names, (name) => [name, value] as const));
  }
  keys(): IterableIterator<string> {
    return this.held.keys();
  }
  values(): IterableIterator<Parameter> {
    return this.held.values();
  }
  /** Names and parameters, in order; `entries` is the same. */
  items(): IterableIterator<[string, Parameter]> {
    return this.held.entries();
  }
  entries(): IterableIterator<[string, Parameter]> {
    return this.held.entries();
  }
  [Symbol.iterator](): Iterator<[string, Parameter]> {
    return this.held.entries();
  }
  protected typeName(dtype: DType): string {
    return `torch.${TYPES[dtype]}Tensor`;
  }
}

/** Modules made of modules. */
import { DlError, isTensor, letGo, type Tensor } from "@dl/tensor/core";
import { isModule, Module, type RegisterOptions } from "./module.ts";

/** An object puts names that are whole numbers first; a Map keeps its order. */
export type NamedModules = Readonly<Record<string, Module>> | ReadonlyMap<string, Module>;

/** Modules by name, in order. */
abstract class Container extends Module {
  private readonly _items = new Map<string, Module>();

  /** How many modules. */
  override get length(): number {
    return this._items.size;
  }
  override ownModules(): [name: string, child: Module][] {
    return [...this._items, ...super.ownModules()];
  }
  /** The modules, in order. */
  protected get held(): ReadonlyMap<string, Module> {
    return this._items;
  }
  protected put(name: string, module: unknown): void {
    if (!isModule(module)) {
      const what = typeof module === "function" ? "a function or class" : String(module);
      throw new DlError(
        "value",
        `${this.constructor.name}: "${name}" is ${what}, not a module: write new ReLU() for a layer, and a class with forward for a function`,
      );
    }
    if (name === "" || name.includes(".")) {
      throw new DlError(
        "value",
        `${this.constructor.name}: "${name}" cannot be a name: not empty, without dots`,
      );
    }
    this._items.set(name, module);
  }
  protected putAll(modules: NamedModules): void {
    const entries = modules instanceof Map ? modules : Object.entries(modules);
    for (const [name, module] of entries) this.put(name, module);
  }
  /** A module of that name becomes one of those held. */
  override registerModule<M extends Module | null>(
    name: string,
    module: M,
    options: RegisterOptions = {},
  ): M {
    if (module === null || (options.key ?? name) !== name)
      return super.registerModule(name, module, options);
    this.put(name, module);
    return module;
  }
  protected remove(name: string): void {
    this._items.delete(name);
  }
  /** These modules instead, under the names 0, 1, … */
  protected renumber(modules: readonly Module[]): void {
    this._items.clear();
    modules.forEach((module, i) => {
      this.put(String(i), module);
    });
  }
  protected nameAt(i: number): string {
    const name = [...this._items.keys()].at(i);
    if (name === undefined || !Number.isInteger(i)) {
      throw new DlError(
        "index",
        `${this.constructor.name}: there is no module ${i}: it has ${this.length}`,
      );
    }
    return name;
  }
}

/**
 * Modules one after another, each called with the result of the one before. What passes between two of them is released
 * as soon as it has been used.
 *
 * @param layers modules, or one object or Map of modules by name
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 *
 * @example
 * const net = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * net(zeros(3, 4)).shape // => [3, 2]
 */
export class Sequential extends Container {
  constructor(...layers: readonly Module[] | [layers: NamedModules]) {
    super();
    const [first] = layers;
    if (layers.length === 1 && typeof first === "object" && first !== null) this.putAll(first);
    else this.extend(layers as readonly Module[]);
  }

  forward(x: Tensor): Tensor {
    let h: unknown = x;
    for (const layer of this.held.values()) {
      const y = layer(h);
      if (h !== x && h !== y && isTensor(h) && isTensor(y)) letGo(h);
      h = y;
    }
    return h as Tensor;
  }

  /** The i-th module; from the end if `i` is negative. */
  at(i: number): Module {
    return this.held.get(this.nameAt(i))!;
  }
  /** The module of that name. */
  get(name: string): Module | undefined {
    return this.held.get(name);
  }
  /** Puts another module in the place of the i-th. */
  set(i: number, layer: Module): this {
    this.put(this.nameAt(i), layer);
    return this;
  }
  append(layer: Module): this {
    this.put(String(this.length), layer);
    return this;
  }
  extend(layers: Iterable<Module>): this {
    for (const layer of layers) this.append(layer);
    return this;
  }
  /** Puts a module before the i-th; at the end if `i` is the length. All get the names 0, 1, … */
  insert(i: number, layer: Module): this {
    const { length } = this;
    if (!Number.isInteger(i) || i < -length || i > length) {
      throw new DlError("index", `Sequential: there is no place ${i} among ${length} modules`);
    }
    this.renumber([...this].toSpliced(i, 0, layer));
    return this;
  }
  /** Takes the i-th module out; the others get the names 0, 1, … */
  pop(i = -1): Module {
    const layer = this.at(i);
    this.delete(i);
    return layer;
  }
  /** Removes the i-th module; the others get the names 0, 1, … */
  delete(i: number): void {
    this.nameAt(i);
    this.renumber([...this].toSpliced(i, 1));
  }
  /** The same modules from `start` to before `end`, as another Sequential. */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(...[...this].slice(start, end));
  }
  [Symbol.iterator](): Iterator<Module> {
    return this.held.values();
  }
}

/**
 * An array of modules whose parameters are found. It is not called: loop over it.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 *
 * @example
 * const blocks = new ModuleList([new Linear(2, 2), new Linear(2, 2)]);
 * let x = zeros(1, 2);
 * for (const block of blocks) x = block(x);
 * blocks.parameters().length // => 4
 */
export class ModuleList<M extends Module = Module> extends Container {
  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }
  forward(): never {
    throw new DlError(
      "value",
      "ModuleList: a list of modules has no forward: loop over it, or use Sequential",
    );
  }

  /** The i-th module; from the end if `i` is negative. */
  at(i: number): M {
    return this.held.get(this.nameAt(i)) as M;
  }
  /** Puts another module in the place of the i-th. */
  set(i: number, module: M): this {
    this.put(this.nameAt(i), module);
    return this;
  }
  append(module: M): this {
    this.put(String(this.length), module);
    return this;
  }
  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module);
    return this;
  }
  /** Puts a module before the i-th. */
  insert(i: number, module: M): this {
    this.renumber([...this].toSpliced(i, 0, module));
    return this;
  }
  /** Takes the i-th module out, by default the last. */
  pop(i = -1): M {
    const module = this.at(i);
    this.delete(i);
    return module;
  }
  /** Removes the i-th module. */
  delete(i: number): void {
    this.nameAt(i);
    this.renumber([...this].toSpliced(i, 1));
  }
  /** The same modules from `start` to before `end`, as another list. */
  slice(start?: number, end?: number): ModuleList<M> {
    return new ModuleList([...this].slice(start, end));
  }
  [Symbol.iterator](): Iterator<M> {
    return this.held.values() as Iterator<M>;
  }

  /** Equal neighbours are printed once, as PyTorch does. */
  override childLines(): string[] {
    const lines: string[] = [];
    const texts = [...this].map(String);
    for (let start = 0; start < texts.length; ) {
      let end = start + 1;
      while (end < texts.length && texts[end] === texts[start]) end++;
      const count = end - start;
      lines.push(
        count === 1
          ? `(${start}): ${texts[start]}`
          : `(${start}-${end - 1}): ${count} x ${texts[start]}`,
      );
      start = end;
    }
    return lines;
  }
}

/**
 * Modules by name whose parameters are found. It is not called.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 *
 * @example
 * const heads = new ModuleDict({ age: new Linear(8, 1), kind: new Linear(8, 3) });
 * heads.get("kind")(zeros(2, 8)).shape // => [2, 3]
 */
export class ModuleDict<
  R extends Readonly<Record<string, Module>> = Record<string, Module>,
> extends Container {
  constructor(modules?: R | ReadonlyMap<string, Module>) {
    super();
    this.update(modules ?? {});
  }
  forward(): never {
    throw new DlError(
      "value",
      "ModuleDict: a dictionary of modules has no forward: call one of them, dict.get(name)(x)",
    );
  }

  get<K extends keyof R & string>(name: K): R[K] {
    const found = this.held.get(name);
    if (!found) {
      throw new DlError(
        "value",
        `ModuleDict: there is no module "${name}"; it has ${[...this.keys()].join(", ") || "none"}`,
      );
    }
    return found as R[K];
  }
  has(name: string): boolean {
    return this.held.has(name);
  }
  set(name: string, module: Module): this {
    this.put(name, module);
    return this;
  }
  delete(name: string): void {
    this.remove(name);
  }
  /** Takes the module of that name out. */
  pop<K extends keyof R & string>(name: K): R[K] {
    const module = this.get(name);
    this.remove(name);
    return module;
  }
  clear(): void {
    this.renumber([]);
  }
  update(modules: NamedModules): this {
    this.putAll(modules);
    return this;
  }
  keys(): IterableIterator<string> {
    return this.held.keys();
  }
  values(): IterableIterator<Module> {
    return this.held.values();
  }
  /** Names and modules, in order; `entries` is the same. */
  items(): IterableIterator<[string, Module]> {
    return this.held.entries();
  }
  entries(): IterableIterator<[string, Module]> {
    return this.held.entries();
  }
  [Symbol.iterator](): Iterator<[string, Module]> {
    return this.held.entries();
  }
}

/**
 * Module: a function that has a class. Calling it calls `forward` inside a scope, so that what a network computes on its
 * way is released as soon as nobody can reach it.
 *
 * The constructor returns a function whose prototype is the class. Whatever extends `Callable` has its fields put on that
 * function, private ones too. So a subclass is written like any class, and its call signature is that of its `forward`.
 */
import {
  type Backend,
  DlError,
  type DType,
  eachTensor,
  type HookHandle,
  type HookOptions,
  isFloating,
  isTensor,
  keep,
  type Mark,
  scope,
  scopeTensors,
  state,
  type Tensor,
  unscoped,
} from "@dl/tensor/core";
import { BackwardCall } from "./backwardHooks.ts";
import { isBuffer } from "./buffer.ts";
import { deepcopyOf } from "./deepcopy.ts";
import {
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardPreHook,
  type LoadStateDictPostHook,
  type LoadStateDictPreHook,
  ModuleHooks,
  type StateDictPostHook,
  type StateDictPreHook,
} from "./hooks.ts";
import { display } from "./notebook.ts";
import { isParameter, type Parameter } from "./parameter.ts";
import { quietly, warnOnce } from "./quiet.ts";
import { collect, type LoadResult, load, type StateDict } from "./stateDict.ts";
import { prototypeBelow } from "./utils/derived.ts";
import { locate } from "./where.ts";

/** Found on every module; unlike `instanceof`, it holds across copies of the package. */
const BRAND = Symbol.for("@dl/nn.Module");
const CALL = Symbol("call");
/** @internal */
export const HOOKS: unique symbol = Symbol("hooks");

export const isModule = (x: unknown): x is Module => typeof x === "function" && BRAND in x;

export interface NamedOptions {
  /** Put before every name. */
  prefix?: string;
  /** Look into the modules inside too. Default true. */
  recurse?: boolean;
  /** Name what is shared only once. Default true. */
  removeDuplicate?: boolean;
}

export interface StateDictOptions {
  /** Put before every name. */
  prefix?: string;
  keepVars?: boolean;
}

export interface RegisterOptions {
  /** The name in the state dictionary. Default: the field's. */
  key?: string;
}

class Callable {
  constructor() {
    const self = ((...args: unknown[]) => self[CALL](args)) as unknown as Module;
    // So that a subclass may have fields of these names.
    delete (self as { name?: string }).name;
    delete (self as { length?: number }).length;
    // biome-ignore lint/correctness/noConstructorReturn: this is how a class makes functions
    return Object.setPrototypeOf(self, new.target.prototype);
  }
}

export interface Module {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  (...args: Parameters<this["forward"]>): ReturnType<this["forward"]>;
}

/**
 * Base class of every layer and model. Parameters and modules in its fields are found by themselves; a tensor that is
 * state but not learnt has to be registered with `registerBuffer`.
 *
 * Every call is a scope: what can be reached from the result or from a container among the arguments moves to the
 * caller, what the module's fields reach stays, and the rest of what `forward` made is released when it returns. A tensor
 * that leaves by another road (a variable outside, a closure, a `#private` field) needs `keep(tensor)`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
 *
 * @example
 * class Net extends Module {
 *   hidden = new Linear(4, 8);
 *   head = new Linear(8, 2);
 *   forward(x: Tensor) {
 *     return this.head(this.hidden(x).relu());
 *   }
 * }
 * new Net()(zeros(3, 4)).shape // => [3, 2]
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable provides the call signature
export abstract class Module extends Callable {
  /** Whether layers such as dropout and batch norm do what they do in training; set by `train()` and `eval()`. */
  training = true;
  /** State-dictionary names of fields that have another one there. */
  readonly #keys = new Map<string, string>();
  /** Fields that are buffers, and whether they are saved. */
  readonly #buffers = new Map<string, boolean>();
  readonly #hooks = new ModuleHooks();

  /** What a call computes. Call the module itself, not this: `module(x)` runs hooks and releases memory. */
  abstract forward(...args: any[]): unknown;

  // ---- what is inside ------------------------------------------------------------------------------------------------

  /** What is learnt, here and in the modules inside; shared parameters once. */
  parameters({ recurse = true }: { recurse?: boolean } = {}): Parameter[] {
    return this.namedParameters({ recurse }).map(([, parameter]) => parameter);
  }
  /** `["features.0.weight", parameter]` and so on. */
  namedParameters(options: NamedOptions = {}): [name: string, parameter: Parameter][] {
    return named(this, options, (module) => module.ownParameters());
  }
  /** State that is not learnt, such as running means. */
  buffers({ recurse = true }: { recurse?: boolean } = {}): Tensor[] {
    return this.namedBuffers({ recurse }).map(([, buffer]) => buffer);
  }
  namedBuffers(options: NamedOptions = {}): [name: string, buffer: Tensor][] {
    return named(this, options, (module) => module.ownBuffers());
  }
  /** The modules directly inside. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }
  namedChildren(): [name: string, child: Module][] {
    return distinct(this.ownModules());
  }
  /** This module and all inside, outermost first. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }
  /** `["", this]`, `["features", ...]`, `["features.0", ...]` and so on. */
  namedModules({
    prefix = "",
    removeDuplicate = true,
  }: Omit<NamedOptions, "recurse"> = {}): [name: string, module: Module][] {
    const all: [string, Module][] = [];
    const seen = new Set<Module>();
    const walk = (module: Module, name: string) => {
      if (removeDuplicate && seen.has(module)) return;
      seen.add(module);
      all.push([name, module]);
      for (const [key, child] of module.ownModules()) walk(child, join(name, key));
    };
    walk(this, prefix);
    return all;
  }

  /** The module at a dotted path: `getSubmodule("features.0")`. */
  getSubmodule(target: string): Module {
    let at: Module = this;
    for (const name of target === "" ? [] : target.split(".")) {
      const inside: [string, Module][] = at.ownModules();
      const next = inside.find(([key]) => key === name)?.[1];
      if (!next) {
        const names = inside.map(([key]) => key).join(", ") || "none";
        throw new DlError(
          "value",
          `getSubmodule: ${at.constructor.name} has no module "${name}" (of "${target}"); it has ${names}`,
        );
      }
      at = next;
    }
    return at;
  }
  /**
   * Puts a module at a dotted path: `setSubmodule("features.0", new Identity())`.
   *
   * @param options `strict: true` only where there is one. Default false: the last name may be new.
   * @throws DlError "value" where there is something that is not a module, or no module to put it into.
   */
  setSubmodule(
    target: string,
    module: Module,
    { strict = false }: { strict?: boolean } = {},
  ): void {
    if (target === "") throw new DlError("value", "setSubmodule: the target is empty");
    if (!isModule(module))
      throw new DlError("value", `setSubmodule: ${String(module)} is not a module`);
    const at = target.lastIndexOf(".");
    const parent = this.getSubmodule(at < 0 ? "" : target.slice(0, at));
    const name = target.slice(at + 1);
    const isThere = parent.ownModules().some(([key]) => key === name);
    const field = parent.#fieldOf(name);
    if (!isThere && field in parent && parent.#field(field) !== null)
      throw new DlError(
        "value",
        `setSubmodule: "${name}" of ${parent.constructor.name} is not a module`,
      );
    if (!isThere && strict)
      throw new DlError("value", `setSubmodule: ${parent.constructor.name} has no "${name}"`);
    parent.registerModule(field, module, { key: name });
  }
  /** The parameter with a dotted name. */
  getParameter(target: string): Parameter {
    return this.#find("getParameter", target, this.namedParameters({ removeDuplicate: false }));
  }
  /** The buffer with a dotted name. */
  getBuffer(target: string): Tensor {
    return this.#find("getBuffer", target, this.namedBuffers({ removeDuplicate: false }));
  }
  #find<T>(caller: string, target: string, all: [string, T][]): T {
    const found = all.find(([name]) => name === target);
    if (found) return found[1];
    const names = all.map(([name]) => name).join(", ") || "none";
    throw new DlError(
      "value",
      `${caller}: ${this.constructor.name} has no "${target}"; it has ${names}`,
    );
  }

  /** @internal Parameters in the fields of this module, by their names in the state dictionary. */
  ownParameters(): [key: string, parameter: Parameter][] {
    return this.#fields(isParameter);
  }
  /** @internal */
  ownBuffers({ persistentOnly = false } = {}): [key: string, buffer: Tensor][] {
    for (const [field, value] of Object.entries(this))
      if (isBuffer(value) && !this.#buffers.has(field)) this.#buffers.set(field, value.persistent);
    return [...this.#buffers]
      .filter(([, isPersistent]) => isPersistent || !persistentOnly)
      .map(([field]) => [this.#keyOf(field), this.#field(field)] as [string, Tensor])
      .filter(([, value]) => isTensor(value));
  }
  /** @internal Modules directly inside, one under two names twice. */
  ownModules(): [name: string, child: Module][] {
    for (const [field, value] of Object.entries(this)) {
      if (Array.isArray(value) && value.some(isModule)) warnOfArray(this, field);
    }
    return this.#fields(isModule);
  }
  /** @internal Puts another tensor in the place of a parameter or buffer of this module. */
  replaceOwn(key: string, tensor: Tensor): void {
    (this as unknown as Record<string, unknown>)[this.#fieldOf(key)] = tensor;
  }
  #fields<T>(is: (x: unknown) => x is T): [string, T][] {
    const found: [string, T][] = [];
    for (const [field, value] of Object.entries(this)) {
      if (is(value)) found.push([this.#keyOf(field), value]);
    }
    return found;
  }
  #field(field: string): unknown {
    return (this as unknown as Record<string, unknown>)[field];
  }
  #keyOf(field: string): string {
    return this.#keys.get(field) ?? field;
  }
  #fieldOf(key: string): string {
    for (const [field, own] of this.#keys) if (own === key) return field;
    return key;
  }

  // ---- registering ---------------------------------------------------------------------------------------------------

  /**
   * Makes a field a buffer: saved with the module, moved with it, not learnt.
   *
   * @param name the field, which is set to `tensor`
   * @param options `persistent: false` leaves it out of the state dictionary; `key` is its name there
   * @returns the tensor, so that a field can be declared and registered at once
   *
   * @example
   * class Scale extends Module {
   *   factor = this.registerBuffer("factor", tensor(2));
   *   forward(x: Tensor) {
   *     return x.mul(this.factor);
   *   }
   * }
   * Object.keys(new Scale().stateDict()) // => ["factor"]
   */
  registerBuffer<T extends Tensor | null>(
    name: string,
    tensor: T,
    { persistent = true, key }: RegisterOptions & { persistent?: boolean } = {},
  ): T {
    if (tensor !== null && !isTensor(tensor)) {
      throw new DlError("value", `registerBuffer: "${name}" has to be a tensor or null`);
    }
    this.#register("registerBuffer", name, tensor, key);
    this.#buffers.set(name, persistent);
    return tensor;
  }
  /** Sets a field to a parameter, for names made at run time; `key` is its name in the state dictionary. */
  registerParameter<T extends Parameter | null>(
    name: string,
    parameter: T,
    { key }: RegisterOptions = {},
  ): T {
    if (parameter !== null && !isParameter(parameter)) {
      throw new DlError(
        "value",
        `registerParameter: "${name}" has to be a Parameter or null: new Parameter(tensor)`,
      );
    }
    this.#register("registerParameter", name, parameter, key);
    return parameter;
  }
  /** Sets a field to a module, for names made at run time; `key` is its name in the state dictionary. */
  registerModule<M extends Module | null>(
    name: string,
    module: M,
    { key }: RegisterOptions = {},
  ): M {
    if (module !== null && !isModule(module)) {
      throw new DlError("value", `registerModule: "${name}" has to be a module or null`);
    }
    this.#register("registerModule", name, module, key);
    return module;
  }
  /** `registerModule` under its other name. */
  addModule<M extends Module | null>(name: string, module: M, options?: RegisterOptions): M {
    return this.registerModule(name, module, options);
  }
  #register(caller: string, name: string, value: Tensor | Module | null, key = name): void {
    if (name === "" || key === "" || key.includes(".")) {
      throw new DlError("value", `${caller}: "${key}" cannot be a name: not empty, without dots`);
    }
    if (name in Object.getPrototypeOf(this)) {
      throw new DlError(
        "value",
        `${caller}: ${this.constructor.name} has a member "${name}" already`,
      );
    }
    if (value) keep(value);
    if (key !== name) this.#keys.set(name, key);
    (this as unknown as Record<string, unknown>)[name] = value;
  }

  /** Calls `hook(module, inputs)` before `forward`. It runs outside any scope, and what it is given is its to keep. */
  registerForwardPreHook(hook: ForwardPreHook, options?: HookOptions): HookHandle {
    return this.#hooks.beforeForward.add(hook, options);
  }
  /**
   * Calls `hook(module, inputs, output)` after `forward` (with what a promise resolves to). It runs outside any scope,
   * and what it is given is its to keep: capturing activations needs nothing else.
   *
   * @param options `alwaysCall: true` also when `forward` throws, with `null` as the output. Default false.
   */
  registerForwardHook(
    hook: ForwardHook,
    { alwaysCall = false, ...options }: HookOptions & { alwaysCall?: boolean } = {},
  ): HookHandle {
    if (alwaysCall) this.#hooks.always.add(hook);
    return this.#hooks.afterForward.add(hook, options);
  }
  /**
   * Calls `hook(module, gradInput, gradOutput)` in the backward pass, when the gradients of the arguments of a call are
   * known; it may return others for the arguments, as an array. Each is an array with one entry for each argument and
   * output, null where there is no gradient. Where no argument wants a gradient it is called when those of the outputs
   * are known. Outputs that are neither a tensor nor an array have no gradient here.
   *
   * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook
   */
  registerFullBackwardHook(hook: BackwardHook, options?: HookOptions): HookHandle {
    return this.#hooks.afterBackward.add(hook, options);
  }
  /**
   * Calls `hook(module, gradOutput)` in the backward pass, when the gradients of a call's outputs are known; it may return
   * others, as an array.
   *
   * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_pre_hook
   */
  registerFullBackwardPreHook(hook: BackwardPreHook, options?: HookOptions): HookHandle {
    return this.#hooks.beforeBackward.add(hook, options);
  }
  /** Calls `hook(module, prefix, keepVars)` before `stateDict()` looks at this module. */
  registerStateDictPreHook(hook: StateDictPreHook): HookHandle {
    return this.#hooks.beforeSaving.add(hook);
  }
  /**
   * Calls `hook(module, stateDict, prefix, localMetadata)` when `stateDict()` has written this module and those inside;
   * it may change the dictionary. The metadata are always empty here.
   */
  registerStateDictPostHook(hook: StateDictPostHook): HookHandle {
    return this.#hooks.afterSaving.add(hook);
  }
  /**
   * Calls `hook(module, stateDict, prefix, localMetadata, strict, missingKeys, unexpectedKeys, errorMsgs)` before
   * `loadStateDict` looks for what belongs to this module. The dictionary is a copy with what begins with the prefix; the
   * hook may rename and convert what is in it.
   */
  registerLoadStateDictPreHook(hook: LoadStateDictPreHook): HookHandle {
    return this.#hooks.beforeLoading.add(hook);
  }
  /**
   * Calls `hook(module, { missingKeys, unexpectedKeys })` when `loadStateDict` has loaded everything. It may change the
   * lists, and so decide about what `strict` complains of: with such a hook, the rest is loaded by then.
   */
  registerLoadStateDictPostHook(hook: LoadStateDictPostHook): HookHandle {
    return this.#hooks.afterLoading.add(hook);
  }
  /** @internal */
  get [HOOKS](): ModuleHooks {
    return this.#hooks;
  }

  // ---- changing all that is inside -----------------------------------------------------------------------------------

  /** Calls `fn` with every module inside and then with this one. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }
  /** Into training mode, or out of it with `false`. */
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }
  /** Into evaluation mode: dropout passes everything, batch norm uses its running statistics. */
  eval(): this {
    return this.train(false);
  }
  /** Whether the parameters are learnt; `requiresGrad_(false)` freezes them. */
  requiresGrad_(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(value);
    return this;
  }
  /** Forgets the gradients of the parameters, or sets them to zero with `setToNone: false`. */
  zeroGrad({ setToNone = true } = {}): void {
    for (const parameter of this.parameters()) {
      const { grad } = parameter;
      if (!grad) continue;
      if (setToNone) {
        parameter.grad = null;
        grad.release("zeroGrad()");
      } else quietly(() => grad.zero_());
    }
  }
  /**
   * Converts parameters, buffers and gradients in place: to a floating point dtype (buffers of whole numbers keep
   * theirs), or to another backend. Optimizers made before keep working.
   */
  to(target: DType | Backend | { dtype?: DType; device?: Backend }): this {
    const { dtype, device } =
      typeof target === "string"
        ? { dtype: target, device: undefined }
        : "alloc" in target
          ? { dtype: undefined, device: target }
          : target;
    if (dtype && !isFloating(dtype)) {
      throw new DlError("dtype", `to: a module can be float16, float32 or float64, not ${dtype}`);
    }
    const convert = (t: Tensor) => {
      const converted = scope(() =>
        t.to({ dtype: isFloating(t.dtype) ? dtype : undefined, device }),
      );
      if (converted === t) return;
      t.set_(converted);
      converted.dispose();
    };
    quietly(() => {
      for (const t of [...this.parameters(), ...this.buffers()]) {
        convert(t);
        if (t.grad) convert(t.grad);
      }
    });
    return this;
  }
  /** `to("float64")` */
  double(): this {
    return this.to("float64");
  }
  /** `to("float32")` */
  float(): this {
    return this.to("float32");
  }
  /** `to("float16")`, of which memory is saved; backends compute in float32. */
  half(): this {
    return this.to("float16");
  }
  /**
   * Another module of this class with copies of everything in its fields, as Python's `copy.deepcopy` makes one: of
   * parameters (with their gradients), buffers and other tensors, of modules, arrays, plain objects, Maps and Sets. What
   * is shared inside is shared inside of the copy. Functions and objects of other classes are shared with the copy.
   * Hooks, weight normalisation, parametrizations and pruning are there too. The constructor is not called.
   *
   * JavaScript gives no access to another class's `#private` members: a module whose class has some needs a method
   * `deepcopy()` of its own, which is used for the modules inside, too. (Where a compiler has replaced them by WeakMaps
   * they are not noticed, and the copy fails when it looks at them.)
   *
   * @throws DlError "value" for a class with `#private` members.
   *
   * @example
   * const layer = new Linear(2, 2);
   * layer.deepcopy().weight.equal(layer.weight) // => true
   */
  deepcopy(): this {
    return deepcopyOf(this);
  }
  /** @internal Of this class, with what this base class knows of its fields, but without fields. */
  blank(): this {
    const other = Reflect.construct(Module as never, []) as this;
    Object.setPrototypeOf(other, prototypeBelow(this));
    for (const [field, key] of this.#keys) other.#keys.set(field, key);
    for (const [field, isPersistent] of this.#buffers) other.#buffers.set(field, isPersistent);
    this.#hooks.copyTo(other.#hooks);
    return other;
  }
  /** Frees the memory of parameters and buffers now. Never required. */
  dispose(): void {
    for (const t of [...this.parameters(), ...this.buffers()]) t.dispose();
  }

  // ---- saving and loading --------------------------------------------------------------------------------------------

  /**
   * Parameters and buffers by name, with PyTorch's names and layouts. They share the module's memory.
   *
   * @param options `keepVars: true` gives the parameters themselves, not detached tensors. Default false.
   */
  stateDict({ prefix = "", keepVars = false }: StateDictOptions = {}): StateDict {
    return collect(this, prefix, keepVars);
  }
  /**
   * Copies tensors into parameters and buffers by name. Dtypes are converted, backends crossed.
   *
   * @param dict of tensors, as `stateDict()` gives; an object or a Map
   * @param options `strict: false` leaves alone what one side lacks
   * @throws DlError "state-dict" that names every missing and unexpected key and every wrong shape; nothing is changed then
   */
  loadStateDict(
    dict: Readonly<StateDict> | ReadonlyMap<string, Tensor>,
    { strict = true }: { strict?: boolean } = {},
  ): LoadResult {
    return load(this, dict, strict);
  }

  // ---- printing ------------------------------------------------------------------------------------------------------

  /** What stands between the parentheses of the printed form; override it. */
  extraRepr(): string {
    return "";
  }
  /** @internal The lines below. */
  childLines(): string[] {
    return this.ownModules().map(([name, child]) => `(${name}): ${child}`);
  }
  /** As PyTorch prints it. */
  override toString(): string {
    const extra = this.extraRepr();
    const lines = this.childLines().map((line) => line.replaceAll("\n", "\n  "));
    const { name } = this.constructor;
    if (lines.length === 0 && !extra.includes("\n")) return `${name}(${extra})`;
    return `${name}(\n  ${[...(extra ? extra.split("\n") : []), ...lines].join("\n  ")}\n)`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  /** How notebooks show it. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return display(this);
  }

  // ---- calling -------------------------------------------------------------------------------------------------------

  /** @internal */
  [CALL](args: unknown[]): unknown {
    let inputs = args;
    state.modules.push(this);
    try {
      return scope(
        () => {
          const { beforeBackward, afterBackward } = this.#hooks;
          const backward =
            beforeBackward.isEmpty && afterBackward.isEmpty
              ? null
              : new BackwardCall(this, this.#hooks);
          inputs = this.#before(args);
          if (backward) inputs = backward.before(inputs);
          const output = this.#after(inputs, this.forward(...inputs));
          if (!backward) return output;
          return isPromise(output)
            ? output.then((value) => backward.after(value))
            : backward.after(output);
        },
        {
          name: `${this.constructor.name}.forward()`,
          keep: (result, mark) => this.#release(inputs, result, mark),
        },
      );
    } catch (error) {
      locate(error, this);
      for (const hook of this.#hooks.always) unscoped(() => hook(this, keep(inputs), null));
      throw error;
    } finally {
      state.modules.pop();
    }
  }

  #before(args: unknown[]): unknown[] {
    let inputs = args;
    for (const hook of this.#hooks.beforeForward) {
      const changed = unscoped(() => hook(this, keep(inputs)));
      if (changed !== undefined && changed !== null) {
        inputs = Array.isArray(changed) ? changed : [changed];
      }
    }
    return inputs;
  }
  #after(inputs: unknown[], output: unknown): unknown {
    if (this.#hooks.afterForward.isEmpty) return output;
    if (isPromise(output)) return output.then((value) => this.#callHooks(inputs, value));
    return this.#callHooks(inputs, output);
  }
  #callHooks(inputs: unknown[], output: unknown): unknown {
    let result = output;
    for (const hook of this.#hooks.afterForward) {
      result = unscoped(() => hook(this, keep(inputs), keep(result))) ?? result;
    }
    return result;
  }

  /** Decides, when `forward` has returned, what outlives its scope. */
  #release(inputs: unknown[], result: unknown, mark: Mark): void {
    if (isPromise(result)) {
      this.#handOver(inputs, result);
      return;
    }
    if (scopeTensors().length === 0) return;
    mark(result);
    // What the fields reach is the module's, until it is replaced; modules inside have looked after themselves.
    for (const key in this) {
      const value: unknown = this[key];
      if (typeof value === "object" && value !== null) keep(value);
    }
    for (const x of inputs) if (typeof x === "object" && !isTensor(x)) mark(x);
  }
  /** An async `forward`: what it made before its first await lives until it settles. */
  #handOver(inputs: unknown[], result: Promise<unknown>): void {
    // A negative mark: kept already, by a hook or by the user.
    const mine = scopeTensors().filter((t) => t.scopeMark >= 0 && t.released === null);
    keep(mine);
    const settle = (value: unknown) => {
      const kept = new Set<Tensor>();
      eachTensor([value, inputs, { ...this }], (t) => kept.add(t));
      for (const t of mine) if (!kept.has(t)) t.release(`${this.constructor.name}.forward()`);
    };
    result.then(settle, (error) => {
      locate(error, this);
      settle(undefined);
    });
  }
}
Object.defineProperty(Module.prototype, BRAND, { value: true });

const isPromise = (x: unknown): x is Promise<unknown> =>
  typeof x === "object" && x !== null && typeof (x as Promise<unknown>).then === "function";

const join = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}.${name}`);

/** Without what has been named before. */
function distinct<T>(all: [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return all.filter(([, x]) => !seen.has(x) && seen.add(x));
}

function named<T>(
  root: Module,
  { prefix = "", recurse = true, removeDuplicate = true }: NamedOptions,
  own: (module: Module) => [string, T][],
): [string, T][] {
  const modules: [string, Module][] = recurse
    ? root.namedModules({ prefix, removeDuplicate })
    : [[prefix, root]];
  const all = modules.flatMap(([name, module]) =>
    own(module).map(([key, x]): [string, T] => [join(name, key), x]),
  );
  return removeDuplicate ? distinct(all) : all;
}

function warnOfArray(module: Module, field: string): void {
  const name = `${module.constructor.name}.${field}`;
  warnOnce(
    `array ${name}`,
    () =>
      `${name} is a plain array of modules: their parameters are not found, so nothing trains them. Write ${field} = new ModuleList([...])`,
  );
}

/** A scheduler's fields as a dictionary with PyTorch's keys, and back. */

/** Keys that are not the field in snake case: those that are private in PyTorch, or begin with a capital there. */
const KEYS: Record<string, string> = {
  stepCount: "_step_count",
  isInitial: "_is_initial",
  lastLr: "_last_lr",
  schedulePhases: "_schedule_phases",
  annealFuncType: "_anneal_func_type",
  annealStrategy: "_anneal_strategy",
  TMax: "T_max",
  T0: "T_0",
  Ti: "T_i",
  TMult: "T_mult",
  TCur: "T_cur",
};
const keyOf = (field: string): string =>
  KEYS[field] ?? field.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

type Fields = Record<string, unknown>;

/** Numbers, strings, and arrays and objects of them. */
function isPlain(x: unknown): boolean {
  if (typeof x !== "object" || x === null) return typeof x !== "function" && typeof x !== "symbol";
  if (Array.isArray(x)) return x.every(isPlain);
  return Object.getPrototypeOf(x) === Object.prototype && Object.values(x).every(isPlain);
}

export function dictionary(scheduler: object): Fields {
  const plain = Object.entries(scheduler).filter(
    ([name, value]) => name !== "optimizer" && value !== undefined && isPlain(value),
  );
  return Object.fromEntries(plain.map(([name, value]) => [keyOf(name), structuredClone(value)]));
}

/** Sets the fields that the dictionary knows; it may have others, of another version. */
export function adopt(scheduler: object, dict: Fields): void {
  const fields = scheduler as Fields;
  for (const name of Object.keys(fields)) {
    const value = dict[keyOf(name)];
    if (name !== "optimizer" && value !== undefined && isPlain(fields[name]))
      fields[name] = structuredClone(value);
  }
}

/** `gamma=0.1, last_epoch=3, last_lr=[0.01]`: what does not only serve to go on. */
export function describe(dict: Fields): string {
  const { base_lrs, _last_lr, ...rest } = dict;
  const shown = Object.entries(rest).filter(
    ([key, value]) => !key.startsWith("_") && value !== null,
  );
  return [...shown, ["last_lr", _last_lr]].map(([k, v]) => `${k}=${text(v)}`).join(", ");
}
function text(x: unknown): string {
  if (typeof x === "number") return String(Number(x.toPrecision(6)));
  if (Array.isArray(x)) return `[${x.map(text).join(", ")}]`;
  if (typeof x === "object" && x !== null)
    return `{${Object.entries(x)
      .map(([k, v]) => `${k}: ${text(v)}`)
      .join(", ")}}`;
  return String(x);
}

/** Functions of a user's that run before and after what a module or an optimizer does. */

/** Removes the hook when called; `remove()` is the same. */
export interface HookHandle {
  (): void;
  remove(): void;
}
export interface HookOptions {
  /** Before the hooks that there are, instead of after them. Default false. */
  prepend?: boolean;
}

/** Hooks in the order in which they run. */
export class Hooks<H> {
  #entries: readonly { readonly hook: H }[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }
  add(hook: H, { prepend = false }: HookOptions = {}): HookHandle {
    const entry = { hook };
    this.#entries = prepend ? [entry, ...this.#entries] : [...this.#entries, entry];
    const remove = () => {
      this.#entries = this.#entries.filter((e) => e !== entry);
    };
    return Object.assign(remove, { remove });
  }
  /** Those that there were at the beginning: a hook may remove itself while they run. */
  *[Symbol.iterator](): Iterator<H> {
    for (const { hook } of this.#entries) yield hook;
  }
}

/** Functions that run before and after what an optimizer does. */

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
  readonly #entries: { readonly hook: H }[] = [];

  add(hook: H, { prepend = false }: HookOptions = {}): HookHandle {
    const entry = { hook };
    if (prepend) this.#entries.unshift(entry);
    else this.#entries.push(entry);
    const remove = () => {
      const at = this.#entries.indexOf(entry);
      if (at >= 0) this.#entries.splice(at, 1);
    };
    return Object.assign(remove, { remove });
  }
  /** As they are now: a hook may remove itself. */
  all(): H[] {
    return this.#entries.map(({ hook }) => hook);
  }
}

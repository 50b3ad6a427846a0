/** Cases of fixtures, apart from the backends that they run on. */
import { cpu } from "@dl/backend-cpu";
import { scope, setBackend } from "@dl/tensor";
import { describe, test } from "vitest";
import { checked } from "./fixture.ts";

export interface Case {
  /** What is called. */
  readonly name: string;
  readonly title: string;
  /** What the fixture has. */
  readonly given: unknown;
  /** On the default backend. What it inspects is waited for. */
  readonly run: () => unknown;
  /** On one path of the CPU backend only. */
  readonly isOnce?: boolean;
}
export interface Section {
  readonly title: string;
  readonly cases: readonly Case[];
}
interface Replayed<C> {
  readonly name: (given: C) => string;
  readonly title: (given: C, i: number) => string;
  readonly run: (given: C) => void | Promise<void>;
  readonly isOnce?: boolean;
  /** `run` waits for something: no scope releases what it makes. */
  readonly waits?: boolean;
}

/** A case for each entry of a fixture. */
export const section = <C>(title: string, entries: readonly C[], how: Replayed<C>): Section => ({
  title,
  cases: entries.map((given, i) => ({
    name: how.name(given),
    title: how.title(given, i),
    given,
    run: () => (how.waits ? how.run(given) : scope(() => how.run(given))),
    isOnce: how.isOnce,
  })),
});

/** A test per case and path of the CPU backend. `webgpu.test.ts` replays the same on a GPU. */
export function replay(...sections: Section[]): void {
  for (const { title, cases } of sections) {
    const isOnce = cases.every((c) => c.isOnce);
    for (const wasm of isOnce ? [true] : [true, false])
      describe(isOnce ? title : `${title}, ${wasm ? "WASM" : "reference path"}`, () => {
        for (const c of cases.filter((c) => wasm || !c.isOnce))
          test(c.title, () => {
            setBackend(cpu({ wasm }));
            return checked(c.run);
          });
      });
  }
}

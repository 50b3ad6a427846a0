import { DlError } from "../errors.ts";
import { defaultGenerator, type Generator } from "./generator.ts";

export interface GeneratorOption {
  /** Default: the one that `manualSeed` starts. */
  generator?: Generator;
}
/** `(-1, 1)`, `(-1, 1, { generator })` or `({ from: -1, to: 1 })`. */
export type NumberArguments<K extends string> = readonly (
  | number
  | (GeneratorOption & { readonly [key in K]?: number })
)[];

/** Numbers in the order of the defaults' keys, or by name. */
export function parameters<K extends string>(
  args: NumberArguments<K>,
  defaults: Readonly<Record<K, number>>,
): Record<K, number> & { generator: Generator } {
  const last = args.at(-1);
  const options = (typeof last === "object" ? last : {}) as GeneratorOption & {
    readonly [key in K]?: number;
  };
  const keys = Object.keys(defaults) as K[];
  const values = keys.map((key, i) => {
    const given = args[i];
    return typeof given === "number" ? given : (options[key] ?? defaults[key]);
  });
  return {
    ...(Object.fromEntries(keys.map((key, i) => [key, values[i]])) as Record<K, number>),
    generator: options.generator ?? defaultGenerator,
  };
}

export function requireThat(ok: boolean, name: string, what: string): void {
  if (!ok) throw new DlError("value", `${name}: ${what}`);
}

import type { Options } from "./options.ts";

interface Choosable {
  readonly name: string;
  /** Why it cannot be measured here at all; undefined if it can. */
  missing(): string | undefined;
}

/** The peers that were asked for and are here. */
export function choosePeers<P extends Choosable>(peers: readonly P[], options: Options): P[] {
  const { peers: names = peers.map((p) => p.name) } = options;
  for (const name of names)
    if (!peers.some((p) => p.name === name))
      throw new Error(`--peers: ${name} is none of ${peers.map((p) => p.name).join(", ")}`);
  return peers.filter((p) => {
    if (!names.includes(p.name)) return false;
    const missing = p.missing();
    if (missing) console.error(`\n${p.name.toUpperCase()} IS LEFT OUT: ${missing}.\n`);
    return !missing;
  });
}

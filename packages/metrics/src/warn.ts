const said = new Set<string>();

/** Warns the first time that `what` comes up. */
export function warnOnce(what: string, message: string): void {
  if (said.has(what)) return;
  said.add(what);
  console.warn(`dl: ${message}`);
}

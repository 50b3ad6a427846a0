/** A piece of code in documentation. */
export interface Block {
  /** File and line, as in messages. */
  readonly title: string;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Line of the file on which the code starts, from 1. */
  readonly line: number;
  /** The code. */
  readonly code: string;
  /** Why it is not run, for ```ts no-run. */
  readonly noRun?: string;
}

/**
 * The ```ts blocks of a page, or of a part of it that starts on line `first`. One that is fenced
 * ```ts continued has the blocks before it in its code.
 */
export function markdownBlocks(file: string, text: string, first = 1): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent, info] = /^(\s*)```(.*)/.exec(lines[i]) ?? [];
    if (info === undefined) continue;
    const start = i + 1;
    while (++i < lines.length && !/^\s*```\s*$/.test(lines[i]));
    if (!/^(?:ts|typescript)(?!\w)/.test(info)) continue;

    const line = first + start;
    const title = `${file}:${line}`;
    const code = lines
      .slice(start, i)
      .map((l) => l.replace(indent, ""))
      .join("\n");
    const [, reason] = /\bno-run\b\W*(.*)/.exec(info) ?? [];
    const noRun = reason === undefined ? undefined : reason || "marked no-run";
    const before = /\bcontinued\b/.test(info) ? blocks.at(-1) : undefined;
    if (before) {
      const gap = "\n".repeat(line - before.line - before.code.split("\n").length + 1);
      blocks.push({
        ...before,
        title,
        code: before.code + gap + code,
        noRun: noRun ?? before.noRun,
      });
    } else blocks.push({ title, file, line, code, noRun });
  }
  return blocks;
}

/** The code under `@example` in the doc comments of a source file, fenced or not. */
export function exampleBlocks(file: string, source: string): Block[] {
  const blocks: Block[] = [];
  for (const comment of source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    const first = source.slice(0, comment.index).split("\n").length;
    const lines = comment[0].split("\n").map((l) => l.replace(/^\s*\/?\*+(?!\/) ?|\s*\*\/$/g, ""));
    for (let i = 0; i < lines.length; i++) {
      if (!lines[i].startsWith("@example")) continue;
      let end = i + 1;
      while (end < lines.length && !/^@\w/.test(lines[end])) end++;
      const body = [lines[i].slice("@example".length).trim(), ...lines.slice(i + 1, end)];
      const line = first + i + body.findIndex((l) => l.trim() !== "");
      const code = body.join("\n").trim();
      if (code.includes("```")) blocks.push(...markdownBlocks(file, body.join("\n"), first + i));
      else if (code) blocks.push({ title: `${file}:${line}`, file, line, code });
      else throw new Error(`${file}:${first + i}: @example without code`);
    }
  }
  return blocks;
}

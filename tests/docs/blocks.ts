/** A piece of code in documentation. */
export interface Block {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Line of the file on which the code starts, from 1. */
  readonly line: number;
  /** The code. */
  readonly code: string;
  /** Why it is not run, for ```ts no-run. */
  readonly noRun?: string;
}

/** The ```ts blocks of a page. One that is fenced ```ts continued has the blocks before it in its code. */
export function markdownBlocks(file: string, text: string): Block[] {
  const blocks: Block[] = [];
  for (const { line, code, info } of fences(text.split("\n"), 1)) {
    const [, reason] = /\bno-run\b\W*(.*)/.exec(info) ?? [];
    const noRun = reason === undefined ? undefined : reason || "marked no-run";
    const before = /\bcontinued\b/.test(info) ? blocks.at(-1) : undefined;
    if (before) {
      const gap = "\n".repeat(line - before.line - before.code.split("\n").length + 1);
      blocks.push({
        file,
        line: before.line,
        code: before.code + gap + code,
        noRun: noRun ?? before.noRun,
      });
    } else blocks.push({ file, line, code, noRun });
  }
  return blocks;
}

/** The code under `@example` in the doc comments of a source file, fenced or not. */
export function exampleBlocks(file: string, source: string): Block[] {
  const blocks: Block[] = [];
  for (const comment of source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    const first = source.slice(0, comment.index).split("\n").length;
    const lines = comment[0].split("\n").map((l) => l.replace(/^\s*(?:\/\*\*|\*(?!\/)) ?|\s*\*\/$/g, ""));
    for (let i = 0; i < lines.length; i++) {
      if (!lines[i].startsWith("@example")) continue;
      let end = i + 1;
      while (end < lines.length && !/^@\w/.test(lines[end])) end++;
      const body = [lines[i].slice("@example".length).trim(), ...lines.slice(i + 1, end)];
      const fenced = fences(body, first + i);
      if (body.some((l) => l.startsWith("```"))) {
        for (const { line, code } of fenced) blocks.push({ file, line, code });
      } else {
        const skipped = body.findIndex((l) => l.trim() !== "");
        if (skipped < 0) throw new Error(`${file}:${first + i}: @example without code`);
        blocks.push({ file, line: first + i + skipped, code: body.slice(skipped).join("\n").trimEnd() });
      }
    }
  }
  return blocks;
}

/** The ```ts fences among lines, of which the first is line `first` of its file. */
function fences(lines: readonly string[], first: number): { line: number; code: string; info: string }[] {
  const found: { line: number; code: string; info: string }[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent, info] = /^(\s*)```(.*)/.exec(lines[i]) ?? [];
    if (info === undefined) continue;
    let end = i + 1;
    while (end < lines.length && !/^\s*```\s*$/.test(lines[end])) end++;
    if (/^(?:ts|typescript)(?!\w)/.test(info)) {
      const code = lines.slice(i + 1, end).map((l) => (l.startsWith(indent) ? l.slice(indent.length) : l));
      found.push({ line: first + i + 1, code: code.join("\n"), info });
    }
    i = end;
  }
  return found;
}

import ts from "typescript";
import type { Block } from "./blocks.ts";

/** An example whose `// =>` comments have become calls of `checks.check`, on the lines they were on. */
export interface Instrumented {
  readonly code: string;
  /** Expected text by line of the file. */
  readonly expected: [line: number, text: string][];
  /** Names that the example uses and does not define. */
  readonly free: Set<string>;
}

/**
 * Turns `EXPRESSION // => VALUE` into `await checks.check(line, …)`, after any statement: an expression,
 * a `console.log`, whose arguments are meant, or a declaration of one name. VALUE may stand on the line
 * after the statement, and go on in comments indented by three spaces or more.
 */
export function instrument({ file, line: first, code }: Block): Instrumented {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ESNext, true);
  const lineAt = (position: number): number =>
    first + source.getLineAndCharacterOfPosition(position).line;

  const comments = new Map<number, string>();
  for (const { index, 1: head, 2: tail } of code.matchAll(COMMENT)) {
    const more = tail.split("\n").map((line) => line.replace(/^\s*\/\//, ""));
    const text = [head, ...more].map((line) => line.trim()).filter(Boolean);
    comments.set(index, text.join(" "));
  }

  const edits: { start: number; end: number; text: string }[] = [];
  const expected: [number, string][] = [];
  const used = new Set<string>();
  const defined = new Set<string>();

  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit); // first what is inside: of statements that end together the inner is meant
    if (ts.isIdentifier(node) && isUse(node)) used.add(node.text);
    if (ts.isIdentifier(node) && isDefinedAtTop(node)) defined.add(node.text);
    if (!ts.isExpressionStatement(node) && !ts.isVariableStatement(node)) return;
    const position = commentAfter(code, node.end);
    const text = position === undefined ? undefined : comments.get(position);
    if (position === undefined || text === undefined) return;
    comments.delete(position);
    const line = lineAt(position);
    expected.push([line, text]);
    const call = (values: string): string =>
      `${mayAwait(node) ? "await " : ""}checks.check(${line}, async () => [${values}])`;
    if (ts.isExpressionStatement(node)) {
      const { expression } = node;
      const start = expression.getStart();
      edits.push({ start, end: expression.end, text: call(valuesOf(expression)) });
    } else {
      const [{ name }] = node.declarationList.declarations;
      edits.push({ start: node.end, end: node.end, text: `; ${call(name.getText())};` });
    }
  };
  visit(source);

  for (const [position] of comments) {
    throw new Error(`${file}:${lineAt(position)}: "// =>" after something that has no value`);
  }

  let out = code;
  for (const { start, end, text } of edits.sort((a, b) => b.start - a.start)) {
    out = out.slice(0, start) + text + out.slice(end);
  }
  for (const name of defined) used.delete(name);
  return { code: out, expected, free: used };
}

/**
 * An instrumented example as a module, which imports `Checks` from where `checks` says and has `imports`, a line, before
 * it. Each line keeps its number, so that an error in the module is one in the page it came from.
 */
export function moduleOf(
  { file, line }: Block,
  { code, expected }: Instrumented,
  checks: string,
  imports = "",
): string {
  const head = [
    `import { Checks } from "${checks}"; `,
    imports,
    `const checks = new Checks("${file}", ${JSON.stringify(expected)}); `,
  ];
  return `${head.join("")}${"\n".repeat(line - 1)}${code}\nawait checks.finish();\n`;
}

const COMMENT = /\/\/ =>(.*)((?:\n\s*\/\/ {3,}\S.*)*)/g;

/** Where a `// =>` that follows `end` starts: on the same line, or alone on the next. */
function commentAfter(code: string, end: number): number | undefined {
  const [, before] = /^(;?[ \t]*(?:\n[ \t]*)?)\/\/ =>/.exec(code.slice(end)) ?? [];
  return before === undefined ? undefined : end + before.length;
}

/** The values that an expression shows: the arguments of console.log, or itself. */
function valuesOf(expression: ts.Expression): string {
  const logs = ts.isCallExpression(expression) && expression.expression.getText() === "console.log";
  return logs ? expression.arguments.map((a) => a.getText()).join(", ") : expression.getText();
}

/** Whether `await` may stand at a statement: at the top, or in an async function. */
function mayAwait(node: ts.Node): boolean {
  const f = ts.findAncestor(node, ts.isFunctionLike);
  return !f || (ts.getCombinedModifierFlags(f as ts.Declaration) & ts.ModifierFlags.Async) !== 0;
}

/** Whether an identifier is bound by the statements of the example itself, imports among them. */
function isDefinedAtTop(node: ts.Identifier): boolean {
  const { parent } = node;
  const binds =
    ts.isVariableDeclaration(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isClassDeclaration(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent);
  const inside = (n: ts.Node): boolean => ts.isBlock(n) || (n !== parent && ts.isFunctionLike(n));
  return binds && parent.name === node && !ts.findAncestor(parent, inside);
}

/** Whether an identifier is a reference, and not the name of a member or a key. */
function isUse(node: ts.Identifier): boolean {
  const parent = node.parent as ts.Node & { name?: ts.Node; propertyName?: ts.Node };
  return (
    ts.isShorthandPropertyAssignment(parent) ||
    (parent.name !== node && parent.propertyName !== node)
  );
}

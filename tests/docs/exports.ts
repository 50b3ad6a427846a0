import { dirname, join } from "node:path";
import ts from "typescript";
import { read } from "./run.ts";

/** What a module exports by name, read from its source. */
export interface Exports {
  readonly values: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

const known = new Map<string, Exports>();

export function exportsOf(file: string): Exports {
  let found = known.get(file);
  if (!found) known.set(file, (found = readExports(file)));
  return found;
}

function readExports(file: string): Exports {
  const values = new Set<string>();
  const types = new Set<string>();
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ESNext);
  for (const node of source.statements) {
    if (ts.isExportDeclaration(node)) {
      const { exportClause: clause, isTypeOnly } = node;
      if (!clause) {
        const from = (node.moduleSpecifier as ts.StringLiteral).text;
        const all = exportsOf(join(dirname(file), from));
        for (const name of all.values) values.add(name);
        for (const name of all.types) types.add(name);
      } else if (ts.isNamespaceExport(clause)) values.add(clause.name.text);
      else {
        for (const e of clause.elements) {
          (isTypeOnly || e.isTypeOnly ? types : values).add(e.name.text);
        }
      }
    } else if (isExported(node)) {
      if (ts.isVariableStatement(node)) {
        for (const { name } of node.declarationList.declarations) {
          if (ts.isIdentifier(name)) values.add(name.text);
        }
      } else if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) {
        if (node.name) values.add(node.name.text);
      } else if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
        types.add(node.name.text);
      }
    }
  }
  for (const name of values) types.delete(name); // an interface and a class of one name are imported once
  return { values, types };
}

const isExported = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) ?? false);

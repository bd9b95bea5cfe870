import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A source file of the project, as the architecture test sees it. */
export interface SourceFile {
  /** From the project's root, with slashes: 'src/paths/points.ts'. */
  readonly path: string;
  readonly text: string;
  /** Files of ours that it imports, types and dynamic imports included. */
  readonly imports: readonly string[];
  /** Those of them that are there when the program runs, not only types. */
  readonly values: readonly string[];
  /** Modules of Node.js that it imports: 'fs/promises'. */
  readonly node: readonly string[];
  /** Packages that it imports. */
  readonly packages: readonly string[];
}

/** Every TypeScript file below the folders, by path. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) =>
      readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map(sourceFile);
}

function sourceFile(path: string): SourceFile {
  const text = readFileSync(`${ROOT}${path}`, 'utf8');
  const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const types = typeImports(path, text);
  const fromRoot = (name: string) => posix.join(posix.dirname(path), name);
  const [own, foreign] = [names.filter(isOwn), names.filter((name) => !isOwn(name))];
  return {
    path,
    text,
    imports: own.map(fromRoot),
    values: own.filter((name) => !types.has(name)).map(fromRoot),
    node: foreign.filter((name) => name.startsWith('node:')).map((name) => name.slice('node:'.length)),
    packages: foreign.filter((name) => !name.startsWith('node:')),
  };
}

function isOwn(name: string): boolean {
  return name.startsWith('.');
}

/** Modules of which a file takes types only: `import type { A } from 'x'`. */
function typeImports(path: string, text: string): Set<string> {
  const names = { type: new Set<string>(), value: new Set<string>() };
  for (const statement of ts.createSourceFile(path, text, ts.ScriptTarget.Latest).statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const kind = statement.importClause?.isTypeOnly === true ? 'type' : 'value';
    names[kind].add(statement.moduleSpecifier.text);
  }
  return new Set([...names.type].filter((name) => !names.value.has(name)));
}

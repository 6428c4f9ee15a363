import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkout } from '../support/parts.ts';

type SourceFile = {
  /** Relative to the checkout, such as `src/core/ids.ts`. */
  path: string;
  text: string;
  /** The code without comments and types, as the runtime sees it. */
  code: string;
  /** Files as paths relative to the checkout, everything else as it is written. Types are included. */
  imports: string[];
};

const transpilers = {
  ts: new Bun.Transpiler({ loader: 'ts' }),
  tsx: new Bun.Transpiler({ loader: 'tsx' }),
};
const transpilerOf = (path: string) => transpilers[path.endsWith('x') ? 'tsx' : 'ts'];

/** Every TypeScript file of a folder, parsed. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(checkout, path), 'utf8');
      return { path, text, code: transpilerOf(path).transformSync(text), imports: importsOf(path, text) };
    });
}

/** The imports of a file. The parser drops imports of types, so they are first converted to ordinary ones. */
export function importsOf(path: string, text: string): string[] {
  const withTypes = text
    .replaceAll(/\bimport type (?=[\w{*])/g, 'import ')
    .replaceAll(/\bexport type (?=[{*])/g, 'export ')
    .replaceAll(/(?<=[{,]\s*)type (?=\w+\s*(?:,|\}| as ))/g, '');
  return transpilerOf(path)
    .scanImports(withTypes)
    .map(({ path: imported }) =>
      imported.startsWith('.') ? relative(checkout, join(checkout, dirname(path), imported)) : imported,
    );
}

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkout } from '../support/parts.ts';

const transpiler = new Bun.Transpiler({ loader: 'ts' });

/** What is loaded with a file: all that it imports, and that imports, but for what is imported when it is needed. */
function loadedWith(path: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  // As the runtime sees it: without imports of types.
  const code = transpiler.transformSync(readFileSync(join(checkout, path), 'utf8'));
  for (const { path: imported, kind } of transpiler.scanImports(code)) {
    if (kind !== 'import-statement') continue;
    if (imported.startsWith('.'))
      loadedWith(relative(checkout, join(checkout, dirname(path), imported)), loaded);
    else loaded.add(imported);
  }
  return loaded;
}

describe('what a call has to wait for', () => {
  test('naming the commands loads none of them, and one library', () => {
    const loaded = [...loadedWith('src/main.ts')];
    expect(loaded.filter((path) => !path.startsWith('src/'))).toEqual(['commander']);
    expect(loaded.filter((path) => path.startsWith('src/') && !path.startsWith('src/cli/')).sort()).toEqual([
      'src/core/quantity.ts',
      'src/main.ts',
    ]);
  });

  test('to put a file loads the client, and no bar, code, clipboard or prompt before it is needed', () => {
    const libraries = [...loadedWith('src/cli/use/put.ts')].filter((path) => !/^(?:src\/|node:)/.test(path));
    expect(libraries).toEqual(['content-disposition']);
  });
});

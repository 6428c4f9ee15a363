import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkout } from '../support/parts.ts';

const transpiler = new Bun.Transpiler({ loader: 'ts' });

/** The modules that loading a file loads: its static imports and theirs, without dynamic imports. */
function loadedWith(path: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  // As the runtime sees it, without type imports.
  const code = transpiler.transformSync(readFileSync(join(checkout, path), 'utf8'));
  for (const { path: imported, kind } of transpiler.scanImports(code)) {
    if (kind !== 'import-statement') continue;
    if (imported.startsWith('.'))
      loadedWith(relative(checkout, join(checkout, dirname(path), imported)), loaded);
    else loaded.add(imported);
  }
  return loaded;
}

describe('the modules that a call waits for', () => {
  test('defining the commands loads none of them, and only one library', () => {
    // The preparation of the runtime comes first, and loads nothing on Bun.
    expect([...loadedWith('src/main.ts')]).toEqual(['src/main.ts', 'src/runtime/preparation.ts']);
    const loaded = [...loadedWith('src/cli/index.ts')];
    expect(loaded.filter((path) => !/^(?:src\/|node:)/.test(path))).toEqual(['commander']);
    expect(loaded.filter((path) => path.startsWith('src/') && !path.startsWith('src/cli/')).sort()).toEqual([
      'src/core/quantity.ts',
      'src/program/index.ts',
    ]);
  });

  test('login, and doctor from outside, load nothing of the server', () => {
    for (const command of ['src/cli/use/login/login.ts', 'src/cli/doctor.ts']) {
      const others = [...loadedWith(command)].filter(
        (path) => !/^(?:node:|src\/(?:cli\/(?:use|shared)|client|naming)\/)/.test(path),
      );
      expect(others.filter((path) => path !== command && path !== 'content-disposition')).toEqual([]);
    }
  });

  test('put loads the client, but no progress bar, QR code, clipboard or prompt before it needs them', () => {
    const libraries = [...loadedWith('src/cli/use/put/put.ts')].filter(
      (path) => !/^(?:src\/|node:)/.test(path),
    );
    expect(libraries).toEqual(['content-disposition']);
  });
});

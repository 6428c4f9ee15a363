import { describe, expect, test } from 'bun:test';
import { sourceFiles } from './source-files.ts';

/** Files of the core outside its ports that stores may import. */
const importedByStores: Record<string, string> = {
  'src/core/failure.ts': 'ports promise to throw a Failure; the file imports nothing and decides nothing',
};

const files = sourceFiles('src');
const isPort = (path: string) => path.startsWith('src/core/ports/');

describe('ports', () => {
  test('import only other ports', () => {
    const wrong = files
      .filter(({ path }) => isPort(path))
      .flatMap(({ path, imports }) =>
        imports.filter((imported) => !isPort(imported)).map((imported) => `${path} imports ${imported}`),
      );
    expect(wrong).toEqual([]);
  });
});

describe('stores', () => {
  test('import no rules of the core', () => {
    const imported = files
      .filter(({ path }) => path.startsWith('src/stores/'))
      .flatMap(({ imports }) => imports)
      .filter((path) => path.startsWith('src/core/') && !isPort(path));
    expect([...new Set(imported)]).toEqual(Object.keys(importedByStores));
  });
});

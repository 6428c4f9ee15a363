import { expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundledPackages, licensesOf } from '../../scripts/licenses.mjs';
import { checkout } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Matches an import of a package, and captures the name of the package. */
const imported = /(?:^(?:import|\}).* from |^import |import\()'((?:@[\w-]+\/)?[a-z][\w.-]*)[/']/gm;

test('the licence text of every package in a page or a worker is served', async () => {
  const stored = readFileSync(join(checkout, 'build/web/licenses.txt.br'));
  const licenses = brotliDecompressSync(stored).toString();
  // The imports of the sources, found without the build.
  const names = new Set<string>(['pdfjs-dist']);
  for (const path of new Bun.Glob('src/{web,client,encryption}/**/*.{ts,tsx}').scanSync(checkout)) {
    const source = readFileSync(join(checkout, path), 'utf8');
    for (const [, name = ''] of source.matchAll(imported)) names.add(name);
  }
  names.delete('preact-render-to-string');
  expect([...names]).toContain('marked');
  for (const name of names) {
    const text = readFileSync(join(checkout, 'node_modules', name, 'LICENSE'), 'utf8').trim();
    expect({ name, isThere: licenses.includes(text) }).toEqual({ name, isThere: true });
  }
  // pdf.js contains fonts and decoders of other projects.
  for (const path of ['standard_fonts/LICENSE_LIBERATION', 'wasm/LICENSE_OPENJPEG', 'cmaps/LICENSE']) {
    const text = readFileSync(join(checkout, 'node_modules/pdfjs-dist', path), 'utf8').trim();
    expect({ path, isThere: licenses.includes(text) }).toEqual({ path, isThere: true });
  }
});

test('a package without a licence text fails the build, and one that is not bundled does not', async () => {
  const root = temporaryDirectory();
  const write = (path: string, content: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  for (const name of ['licensed', '@scope/bare', 'unused']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, `export const name = ${JSON.stringify(name)};`);
  }
  write('node_modules/licensed/LICENCE.md', 'Do what you like.');
  write('node_modules/licensed/license.js', 'not a text');
  const packagesOf = async (source: string) => {
    write('entry.js', source);
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['entry.js'],
      bundle: true,
      metafile: true,
      write: false,
    });
    return bundledPackages([metafile]);
  };
  const licensed = await packagesOf("import { name } from 'licensed'; console.log(name);");
  expect(licensed).toEqual(['node_modules/licensed']);
  const folders = (paths: string[]) => paths.map((path) => join(root, path));
  const text = licensesOf(folders(licensed));
  expect(text).toContain('licensed 1.0.0');
  expect(text).toContain('Do what you like.');
  expect(text).not.toContain('not a text');
  const bare = await packagesOf("import { name } from '@scope/bare'; console.log(name);");
  expect(bare).toEqual(['node_modules/@scope/bare']);
  expect(() => licensesOf(folders(bare))).toThrow('@scope/bare has no licence text');
});

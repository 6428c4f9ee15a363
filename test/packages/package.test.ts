import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { outputOf, packed, projectWithPackageAlone } from './packed.ts';

setDefaultTimeout(240_000);

const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));

let tarball: string;
let folder: string;
beforeAll(async () => {
  tarball = await packed();
  folder = join(await projectWithPackageAlone(), 'node_modules', 'mayfly');
});

/** Its files, without the folder of a tarball. */
const files = async () =>
  (await outputOf(['tar', '-tzf', tarball]))
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''));

describe('the package', () => {
  test('is smaller than 3 MB', () => {
    expect(statSync(tarball).size).toBeLessThan(3_000_000);
  });

  test('has the program, the pages and the migrations, and no sources, tests or files of earlier builds', async () => {
    const kinds = new Map<string, Set<string>>();
    for (const path of await files()) {
      const place = /^(?:lib|bin|build\/web|migrations)\//.exec(path)?.[0] ?? path;
      const kind = /(?:\.d)?\.[a-z]+(?:\.br)?$/.exec(path)?.[0] ?? '';
      kinds.set(place, (kinds.get(place) ?? new Set()).add(kind));
    }
    expect(Object.fromEntries([...kinds].map(([place, found]) => [place, [...found].sort()]))).toEqual({
      'CHANGELOG.md': ['.md'],
      LICENSE: [''],
      'README.md': ['.md'],
      'package.json': ['.json'],
      'bin/': ['.mjs'],
      'build/web/': ['.bcmap', '.css.br', '.js.br', '.json', '.pfb', '.svg.br', '.ttf', '.txt.br'],
      'lib/': ['.d.ts', '.js'],
      'migrations/': ['.json', '.sql'],
    });
    const web = JSON.parse(readFileSync(join(folder, 'build/web/manifest.json'), 'utf8'));
    const packedWeb = (await files()).filter((path) => path.startsWith('build/web/'));
    expect(packedWeb.sort()).toEqual(
      [...web.files, 'manifest.json'].map((path) => `build/web/${path}`).sort(),
    );
  });

  test('depends on every library that its code imports, and on no other', () => {
    const transpiler = new Bun.Transpiler({ loader: 'js' });
    const imported = new Set<string>();
    for (const path of new Bun.Glob('lib/**/*.js').scanSync(folder))
      for (const { path: name } of transpiler.scanImports(readFileSync(join(folder, path), 'utf8')))
        if (!/^(?:\.|node:)/.test(name)) imported.add(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    const { dependencies, optionalDependencies } = manifest;
    expect([...imported].sort()).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
  });

  test('publint finds nothing', async () => {
    const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test('the checkout cannot be published by mistake', async () => {
    const publishing = outputOf(['npm', 'publish', '--dry-run'], { cwd: checkout });
    await expect(publishing).rejects.toThrow('publish the tested file, not the checkout');
  });
});

await suiteWith(['node'], 'the types of the package', ({ node }) => {
  test('arethetypeswrong finds nothing', async () => {
    const attw = join(checkout, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    await outputOf([node, attw, tarball, '--profile', 'esm-only', '--no-color']);
  });
});

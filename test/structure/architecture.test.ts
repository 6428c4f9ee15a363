import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { cyclesOf } from './cycles.ts';
import { coreLibraries, homes } from './libraries.ts';
import { importsOf, sourceFiles } from './source-files.ts';

const files = sourceFiles('src');

/**
 * The layers, and the others from which each may import. Imports go in one direction:
 * main → cli → server, composition → api → core ← stores. Every other import is forbidden.
 */
const rooms: Record<string, { takesFrom: string[]; because: string }> = {
  main: { takesFrom: ['cli', 'runtime'], because: 'it prepares the runtime, and hands its arguments over' },
  cli: {
    takesFrom: ['cli/operate', 'cli/shared', 'cli/use', 'program'],
    because: 'it names every command, and loads each when it is called',
  },
  'cli/operate': {
    takesFrom: ['cli/shared', 'config', 'core', 'observe', 'runtime', 'server', 'composition', 'program'],
    because: 'each command builds what it needs',
  },
  'cli/use': {
    takesFrom: ['cli/shared', 'client', 'encryption', 'naming'],
    because: 'it calls a server over HTTP, and loads no code of the server',
  },
  'cli/shared': { takesFrom: [], because: 'it is shared by both kinds of commands, and needs neither' },
  server: {
    takesFrom: ['composition', 'api', 'api/shared', 'core', 'program'],
    because: 'it mounts the APIs over the composed core',
  },
  composition: {
    takesFrom: [
      'config',
      'core',
      'observe',
      'program',
      'sqlite',
      'postgres',
      'blobs',
      'budgets',
      'cached',
      'codings',
      'invalidation',
      'limits',
      'names',
      'outbound',
      'redis',
    ],
    because: 'it is the composition root, the one place that knows which stores there are',
  },
  runtime: { takesFrom: ['server'], because: 'it connects the server to HTTP and knows only its type' },
  api: {
    takesFrom: ['core', 'naming', 'api/shared', 'web', 'program'],
    because: 'it speaks HTTP; what it does is the core’s',
  },
  'api/shared': {
    takesFrom: ['core', 'naming', 'web'],
    because: 'what the APIs share belongs to none of them',
  },
  client: { takesFrom: [], because: 'it speaks to any Mayfly, from anywhere' },
  encryption: { takesFrom: [], because: 'it encrypts for its callers, before anything is sent' },
  web: {
    takesFrom: ['client', 'encryption', 'naming'],
    because: 'pages run in browsers too, and get all data as properties',
  },
  program: { takesFrom: [], because: 'it only knows where the files of the program are' },
  observe: { takesFrom: ['core'], because: 'it counts what the core reports' },
  config: { takesFrom: ['core'], because: 'quantities and addresses are read in one way everywhere' },
  sqlite: {
    takesFrom: ['core', 'program'],
    because: 'stores make real what the core needs, and know no other store',
  },
  postgres: { takesFrom: ['core', 'program'], because: 'the same' },
  blobs: { takesFrom: ['core'], because: 'the same' },
  budgets: { takesFrom: ['core'], because: 'the same' },
  cached: { takesFrom: ['core'], because: 'the same' },
  codings: { takesFrom: ['core', 'program'], because: 'the same' },
  invalidation: { takesFrom: ['core', 'redis'], because: 'it speaks to the Redis of the limits' },
  limits: { takesFrom: ['core', 'redis'], because: 'the same, and they may be in Redis' },
  names: { takesFrom: ['core'], because: 'the same' },
  outbound: { takesFrom: ['core'], because: 'the same' },
  redis: { takesFrom: [], because: 'it connects for other stores, and stores nothing' },
  core: { takesFrom: ['naming'], because: 'the rules depend on nothing but other rules' },
  naming: {
    takesFrom: [],
    because: 'server, pages and command line have one rule for names, their types and units of size',
  },
};

function roomOf(path: string): string {
  const [, first = '', second = ''] = path.replace(/\.tsx?$/, '').split('/');
  if (first === 'stores') return second;
  if (first === 'cli' && ['operate', 'shared', 'use'].includes(second)) return `cli/${second}`;
  return first === 'api' && second === 'shared' ? 'api/shared' : first;
}

/** The API that a file belongs to: `payloads` for `src/api/payloads/page.ts`. */
function apiOf(path: string): string | undefined {
  return /^src\/api\/([^/]+)\//.exec(path)?.[1];
}

const isOwn = (imported: string) => imported.startsWith('src/');
/** Bun resolves a package's folder, `drizzle-orm/sqlite-core`, to the package. */
const packageOf = (imported: string) =>
  imported.startsWith('node:') ? imported : imported.replace(/^(@[^/]+|[^/@][^/]*)\/.*$/, '$1');

describe('the parser', () => {
  test('finds imports of every kind', () => {
    const text = `
      import type { A } from './a.ts';
      import { type B } from './b.ts';
      import { C, type D } from '../c.ts';
      import type E from 'e';
      import './f.ts';
      export type { G } from './g.ts';
      export * from './h.ts';
      // import { I } from './i.ts';
      const text = "import { J } from './j.ts'";
      const k = await import('./k.ts');`;
    expect(importsOf('src/x/y.ts', text).sort()).toEqual(
      ['a', 'b', 'f', 'g', 'h', 'k']
        .map((name) => `src/x/${name}.ts`)
        .concat('e', 'src/c.ts')
        .sort(),
    );
  });

  test('finds the source, and every file that it imports', () => {
    expect(files.length).toBeGreaterThan(50);
    const paths = new Set(files.map(({ path }) => path));
    for (const { path, imports } of files)
      for (const imported of imports.filter(isOwn))
        expect([path, imported, paths.has(imported)]).toEqual([path, imported, true]);
  });
});

describe('the source tree', () => {
  test('has these layers and no others', () => {
    expect([...new Set(files.map(({ path }) => roomOf(path)))].sort()).toEqual(Object.keys(rooms).sort());
  });

  test('has imports in one direction only', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(isOwn)
        .filter((imported) => roomOf(imported) !== roomOf(path))
        .filter((imported) => !rooms[roomOf(path)]?.takesFrom.includes(roomOf(imported)))
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('has no unused rule', () => {
    const used = new Set(
      files.flatMap(({ path, imports }) =>
        imports.filter(isOwn).map((to) => `${roomOf(path)} → ${roomOf(to)}`),
      ),
    );
    const rules = Object.entries(rooms).flatMap(([room, { takesFrom }]) =>
      takesFrom.map((to) => `${room} → ${to}`),
    );
    expect(rules.filter((rule) => !used.has(rule))).toEqual([]);
  });

  test('has APIs that import neither each other nor stores', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((imported) => {
          const [own, other] = [apiOf(path), apiOf(imported)];
          return own !== undefined && other !== undefined && other !== 'shared' && other !== own;
        })
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('has a core that uses small pure libraries, each for a reason', () => {
    const libraries = files
      .filter(({ path }) => roomOf(path) === 'core')
      .flatMap(({ imports }) => imports.filter((imported) => !isOwn(imported)));
    expect([...new Set(libraries)].sort()).toEqual(Object.keys(coreLibraries).sort());
  });

  test('has a client and an encryption format that need only web standards', () => {
    const outside = /(?<!\.)\bprocess\.|\bBun\.|\bDeno\.|\bBuffer\b|\brequire\(/;
    const standard = files.filter(({ path }) => ['client', 'encryption'].includes(roomOf(path)));
    expect(standard.length).toBeGreaterThan(20);
    const libraries = standard.flatMap(({ imports }) => imports.filter((imported) => !isOwn(imported)));
    expect([...new Set(libraries)]).toEqual(['content-disposition']);
    expect(standard.filter(({ code }) => outside.test(code)).map(({ path }) => path)).toEqual([]);
  });

  test('uses libraries for the outside world only in their own layers', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((imported) => homes[packageOf(imported)]?.includes(roomOf(path)) === false)
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('calls other servers only with the libraries above, so that no name is looked up in another way', () => {
    const calling =
      /(?:await|return|=>|=)\s+fetch\(|\bBun\.(?:dns|connect|fetch|redis|s3|sql)\b|\bDeno\.(?:connect|resolveDns)/;
    const wrong = files
      .filter(({ path }) => !['cli/use', 'client', 'encryption', 'web'].includes(roomOf(path)))
      .filter(({ code }) => calling.test(code))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  test('has no import cycle', () => {
    expect(cyclesOf(new Map(files.map(({ path, imports }) => [path, imports.filter(isOwn)])))).toEqual([]);
  });

  test('has no cycle of the folders of the core', () => {
    const folderOf = (path: string) => /^src\/core\/(\w+)\//.exec(path)?.[1];
    const imported = new Map<string, string[]>();
    for (const { path, imports } of files) {
      const folder = folderOf(path);
      if (folder === undefined) continue;
      const others = imports.flatMap((each) => folderOf(each) ?? []).filter((other) => other !== folder);
      imported.set(folder, [...(imported.get(folder) ?? []), ...others]);
    }
    expect(imported.size).toBeGreaterThan(8);
    expect(cyclesOf(imported)).toEqual([]);
  });
});

describe('files', () => {
  const code = new Bun.Glob('{src,test,scripts,bench,bin}/**/*.{ts,tsx,mjs}');
  const paths = [...code.scanSync(checkout)];

  test('are at most 300 lines long, those of the tests, scripts and benchmarks too', () => {
    expect(paths.length).toBeGreaterThan(files.length);
    const lines = (path: string) => readFileSync(join(checkout, path), 'utf8').split('\n').length - 1;
    expect(paths.filter((path) => lines(path) > 300)).toEqual([]);
  });

  test('export by name only', () => {
    expect(
      files.filter(({ code }) => /\bexport default\b|\bas default\b/.test(code)).map(({ path }) => path),
    ).toEqual([]);
  });

  test('are named in kebab-case', () => {
    expect(paths.filter((path) => !/^[a-z0-9/-]+(\.[a-z]+)?\.(tsx?|mjs)$/.test(path))).toEqual([]);
  });
});

describe('the core', () => {
  // Time and the environment are parameters, so that tests can set them.
  const outside =
    /\bDate\.now\b|\bnew Date\(\)|\bTemporal\.Now\b|\bperformance\b|\bset(?:Timeout|Interval|Immediate)\b|(?<!\.)\bprocess\.|\bBun\.|\bDeno\.|\bfetch\(/;

  test('reads no clock, no environment and no runtime', () => {
    const reading = files
      .filter(({ path, code }) => roomOf(path) === 'core' && outside.test(code))
      .map(({ path }) => path);
    expect(reading).toEqual([]);
  });

  test('would fail the test above if it did', () => {
    for (const code of [
      'Date.now()',
      'new Date()',
      'process.env.X',
      'setTimeout(f, 1)',
      'Temporal.Now.instant()',
      'Bun.nanoseconds()',
    ])
      expect(outside.test(code)).toBe(true);
    expect(outside.test('new Date(milliseconds).toISOString()')).toBe(false);
  });

  test('does not use HTTP, SQL, S3 or Redis', () => {
    const knowing = files
      .filter(({ path }) => roomOf(path) === 'core')
      .filter(({ code }) => /\b(Request|Response|Headers)\b\(|\bSELECT\b|\bredis\b|\bs3\b/i.test(code))
      .map(({ path }) => path);
    expect(knowing).toEqual([]);
  });
});

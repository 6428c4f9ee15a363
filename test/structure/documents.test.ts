import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settings } from '../../src/config/index.ts';
import type { Setting } from '../../src/config/setting.ts';
import { commandsInHelp, namedCommands } from '../documents/commands.ts';
import { capitalCodes } from '../documents/error-codes.ts';
import { firstColumn, linkedFiles, linkedSections, namedFiles, sectionsOf } from '../documents/markdown.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';

const read = (file: string) => readFileSync(join(checkout, file), 'utf8');

/** Every Markdown file of the project. */
const documents = [
  ...readdirSync(checkout),
  ...['docs', '.github'].flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  ),
].filter((document) => document.endsWith('.md'));

function foldersBelow(folder: string): string[] {
  const inside = readdirSync(join(checkout, folder), { withFileTypes: true });
  return inside
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [`${folder}${name}/`, ...foldersBelow(`${folder}${name}/`)]);
}

test('docs/decisions.md has a line for every dependency, and for nothing else', () => {
  const manifests = ['package.json', 'packages/pages/package.json', 'packages/runtime/package.json'];
  const needed = manifests.flatMap((manifest) => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read(manifest));
    return Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
  });
  expect(firstColumn(read('docs/decisions.md')).toSorted()).toEqual(needed.toSorted());
});

// CONTRIBUTING.md, "Releases".
test('package.json, the Helm chart and the Dockerfile have the same version', () => {
  const { version } = JSON.parse(read('package.json'));
  const chart = Bun.YAML.parse(read('deploy/helm/mayfly/Chart.yaml')) as Record<string, string>;
  const [, label] = /\.version="([^"]+)"/.exec(read('Dockerfile')) ?? [];
  expect([chart.version, chart.appVersion, label]).toEqual([version, version, version]);
});

test('docs/architecture.md has a line for every folder of src/, and for no other', () => {
  const folders = firstColumn(read('docs/architecture.md')).filter((name) => name.endsWith('/'));
  expect(folders.toSorted()).toEqual(['src/', ...foldersBelow('src/')].toSorted());
});

/** Exposed only with PostgreSQL; test/faults/distant-database.test.ts compares the metrics of such a server. */
const withPostgres = [
  'mayfly_clock_error_seconds',
  'mayfly_clock_offset_seconds',
  'mayfly_database_commit_writes',
  'mayfly_database_repeats_total',
  'mayfly_database_statement_seconds',
  'mayfly_database_unknown_outcomes_total',
  'mayfly_database_wait_seconds',
  'mayfly_oldest_slot_seconds',
];

test('docs/operations.md lists exactly the metrics of Mayfly', async () => {
  const mayfly = await startMayfly();
  const metrics = await (await fetch(`${mayfly.url}/metrics`)).text();
  await mayfly.stop();
  const exposed = [...metrics.matchAll(/^# TYPE (mayfly_\w+)/gm)].map((match) => match[1] ?? '');
  const documented = firstColumn(read('docs/operations.md')).filter((name) => name.startsWith('mayfly_'));
  expect(documented.toSorted()).toEqual([...exposed, ...withPostgres].toSorted());
}, 60_000);

// The README has its own tests in test/readme.test.ts, and the command line in test/cli. The other two name
// files of users, or files without their folders.
const others = ['README.md', 'docs/command-line.md', 'docs/encryption.md', 'docs/budgets.md'];

describe.each(documents.filter((document) => !others.includes(document) && !document.startsWith('.github/')))(
  '%s',
  (document) => {
    test('names only existing files', () => {
      const isThere = (file: string) =>
        [
          checkout,
          join(checkout, dirname(document)),
          join(checkout, 'src'),
          join(checkout, 'src/stores/sqlite'),
        ].some((folder) => existsSync(join(folder, file)));
      expect(namedFiles(read(document)).filter((file) => !isThere(file))).toEqual([]);
    });

    test('names only existing settings', () => {
      const known = new Set(
        Object.values(settings).flatMap(({ name, isSecret }: Setting<unknown>) =>
          isSecret ? [name, `${name}_FILE`] : [name],
        ),
      );
      const named = [...read(document).matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g)].map(
        (match) => match[1] ?? '',
      );
      expect(named.filter((name) => !(known.has(name) || capitalCodes.has(name)))).toEqual([]);
    });

    test('names only existing commands', async () => {
      const listed = await commandsInHelp();
      expect(namedCommands(read(document)).filter((command) => !listed.includes(command))).toEqual([]);
    });

    test('names only existing npm scripts', () => {
      const { scripts } = JSON.parse(read('package.json'));
      const named = [...read(document).matchAll(/\bnpm run ([\w-]+)/g)].map((match) => match[1] ?? '');
      expect(named.filter((name) => !(name in scripts))).toEqual([]);
    });
  },
);

test('only the pages that explain the command write npx before mayfly', () => {
  const pages = documents.filter((document) => /\bnpx\s+mayfly\b/.test(read(document)));
  expect(pages.toSorted()).toEqual(['README.md', 'docs/command-line.md', 'docs/running.md']);
});

test('documents link only to existing files', () => {
  const links = documents.flatMap((document) =>
    linkedFiles(read(document)).map((file) => ({ document, file })),
  );
  expect(links.length).toBeGreaterThan(80);
  const isThere = ({ document, file }: { document: string; file: string }) =>
    existsSync(join(checkout, dirname(document), file));
  expect(links.filter((link) => !isThere(link))).toEqual([]);
});

test('documents link only to existing sections', () => {
  const links = documents.flatMap((document) =>
    linkedSections(read(document)).map(({ file, section }) => ({
      link: `${document} to ${file}#${section}`,
      isThere: sectionsOf(read(file === '' ? document : join(dirname(document), file))).includes(section),
    })),
  );
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter(({ isThere }) => !isThere).map(({ link }) => link)).toEqual([]);
});

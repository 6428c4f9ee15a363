import { beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import Database from 'better-sqlite3';
import { type Contents, programContents } from '../../scripts/release/contents.ts';
import { describeArtefacts } from '../../scripts/release/description.ts';
import { thirdPartyLicenses } from '../../scripts/release/third-party.ts';
import { checkout } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Listed = { name: string; group?: string; version?: string; purl?: string; components?: Listed[] };
let contents: Contents;
let folder: string;
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const componentsOf = (name: string) => (JSON.parse(read(name)) as { components: Listed[] }).components;

beforeAll(() => {
  contents = programContents(checkout);
  folder = describe(temporaryDirectory());
});

function describe(to: string): string {
  writeFileSync(join(to, 'program'), 'a program');
  const artefacts = [
    { path: join(to, 'program'), hasRuntime: true },
    { path: join(to, 'package.tgz'), hasRuntime: false },
  ];
  describeArtefacts(to, artefacts, contents, thirdPartyLicenses(contents));
  return to;
}

test('the bill of materials is valid CycloneDX, and names all packages and the runtime’s libraries', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(read('program.cdx.json'))).toBeNull();
  const components = componentsOf('program.cdx.json');
  const names = components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`));
  const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  // The last one is in the pages.
  for (const name of [...Object.keys(manifest.dependencies), 'pdfjs-dist']) expect(names).toContain(name);
  const bun = components.find(({ name }) => name === 'bun');
  const library = (within: Listed | undefined, name: string) =>
    within?.components?.find((each) => each.name === name);
  for (const [name, purl] of [
    ['boringssl', `pkg:generic/boringssl@${process.versions.boringssl}`],
    ['JavaScriptCore', `pkg:github/oven-sh/webkit@${process.versions.webkit}`],
    ['libarchive', `pkg:github/libarchive/libarchive@${process.versions.libarchive}`],
    ['assert', 'pkg:npm/assert'],
  ] as const)
    expect(library(bun, name)).toMatchObject({ purl });
  const addon = components.find(({ name }) => name === 'better-sqlite3');
  const { version } = new Database(':memory:').prepare('select sqlite_version() as version').get() as Listed;
  expect(library(addon, 'sqlite')).toMatchObject({ version, purl: `pkg:generic/sqlite@${version}` });
  expect(componentsOf('package.tgz.cdx.json').map(({ name }) => name)).not.toContain('bun');
});

test('the licences include the runtime’s, and a standard text for packages without one', () => {
  const text = read('THIRD-PARTY-LICENSES.txt');
  // Bun contains JavaScriptCore.
  expect(text).toContain('GNU LIBRARY GENERAL PUBLIC LICENSE');
  expect(text).toContain(readFileSync(join(checkout, 'node_modules/elysia/LICENSE'), 'utf8').trim());
  // Its package has only the name of its licence.
  const [, drizzle = ''] = /^drizzle-orm [\d.]+\n=+\n([\s\S]*?)\n={20}/m.exec(text) ?? [];
  expect(drizzle).toContain('Copyright (c) Drizzle Team');
  expect(drizzle).toContain('Apache License');
});

test('the checksums of all files pass sha256sum, and are the same when they are made again', () => {
  const checked = Bun.spawnSync(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  expect({ code: checked.exitCode, lines: checked.stdout.toString().trim().split('\n') }).toEqual({
    code: 0,
    lines: ['THIRD-PARTY-LICENSES.txt', 'package.tgz.cdx.json', 'program', 'program.cdx.json'].map(
      (name) => `${name}: OK`,
    ),
  });
  const again = describe(temporaryDirectory());
  expect(readFileSync(join(again, 'SHA256SUMS'), 'utf8')).toBe(read('SHA256SUMS'));
});

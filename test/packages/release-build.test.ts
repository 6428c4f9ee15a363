// npm run build:release, in another folder than the checkout: every artefact has the same bytes as elsewhere.
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { targets } from '../../scripts/build-binary.ts';
import { builtBinary } from '../support/built-binary.ts';
import { answerOf } from '../support/mayfly-command.ts';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { outputOf, packed } from './packed.ts';

setDefaultTimeout(400_000);

const { version } = packageJson;

await suiteWith(['dpkg-deb'], 'the release, built in another folder', () => {
  let folder: string;
  const isSame = (name: string, path: string) => readFileSync(join(folder, name)).equals(readFileSync(path));

  beforeAll(async () => {
    // They fetch the runtimes of other systems, too.
    await Promise.all(targets.map((target) => builtBinary(target)));
    const copy = copyOfCheckout();
    folder = join(copy, 'dist', 'release');
    const { PATH = '', HOME = '' } = process.env;
    // The compression of the packages takes longer than the rest.
    const command = [process.execPath, 'scripts/build-release.ts', '--uncompressed'];
    const env = { PATH, HOME, SOURCE_DATE_EPOCH: '1800000000' };
    const { code, stdout, stderr } = await answerOf(command, { cwd: copy, env });
    expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
  });

  // CONTRIBUTING.md, "Releases".
  test('has every artefact with its description, and their checksums', async () => {
    const debian = ['amd64', 'arm64'].map((name) => `mayfly_${version}-1_${name}.deb`);
    const binaries = targets.map((target) => `mayfly-${version}-${target}`);
    const files = [...binaries, ...debian, `mayfly-${version}.tgz`];
    const described = [...files, `mayfly-${version}-image`].map((name) => `${name}.cdx.json`);
    expect(readdirSync(folder).toSorted()).toEqual(
      [...files, ...described, 'SHA256SUMS', 'THIRD-PARTY-LICENSES.txt'].toSorted(),
    );
    await outputOf(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  });

  test.each(targets)('has the same binary for %s, which names no folder', async (target) => {
    const path = await builtBinary(target);
    expect(isSame(`mayfly-${version}-${target}`, path)).toBe(true);
    expect(readFileSync(path).includes(checkout)).toBe(false);
  });

  test('has the same package', async () => {
    expect(isSame(`mayfly-${version}.tgz`, await packed())).toBe(true);
  });
});

/** The checkout with the installed packages, without what was built. On the same disk, so that links are enough. */
function copyOfCheckout(): string {
  const parent = join(checkout, '.cache');
  mkdirSync(parent, { recursive: true });
  const copy = temporaryDirectory('copy', parent);
  // Other tests may compile lib/ at the same time.
  const left = /^(?:\.git|\.cache|build|dist|lib(?:\.unfinished)?)$/;
  link(checkout, (name) => !left.test(name), copy);
  const made = join(copy, '.cache', 'made');
  mkdirSync(made, { recursive: true });
  link(join(parent, 'made'), (name) => /^bun-.*\d$/.test(name), made);
  return copy;
}

function link(from: string, isWanted: (name: string) => boolean, to: string): void {
  const paths = readdirSync(from).filter(isWanted);
  const copied = Bun.spawnSync(['cp', '-al', ...paths.map((name) => join(from, name)), to]);
  if (!copied.success) throw new Error(`cp: ${copied.stderr}`);
}

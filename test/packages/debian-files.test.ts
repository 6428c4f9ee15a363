// The files of the Debian package that need no installed package: the unit, the settings, the manual pages.
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianChangelog, debianVersion } from '../../scripts/debian/changelog.ts';
import { architectureOf, controlFile } from '../../scripts/debian/control.ts';
import { defaultSettings } from '../../scripts/debian/default-settings.ts';
import { buildDebianPackage } from '../../scripts/debian/package.ts';
import { manualPages } from '../../scripts/manual-pages.ts';
import { gracePeriod } from '../../src/cli/operate/stopping.ts';
import { exitCodes } from '../../src/cli/shared/command-failure.ts';
import { readConfig, settings } from '../../src/config/index.ts';
import { parseDuration } from '../../src/core/quantity.ts';
import { commandsInHelp } from '../documents/commands.ts';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { parseEnvironmentFile, Unit } from './debian/unit.ts';

setDefaultTimeout(60_000);

const unitFile = join(checkout, 'packaging/debian/mayfly.service');
const unit = new Unit(readFileSync(unitFile, 'utf8'));

await suiteWith(['systemd-analyze'], 'the unit', (paths) => {
  const analyze = (args: string[]) => {
    const { status, stdout, stderr } = spawnSync(paths['systemd-analyze'], ['--no-pager', ...args]);
    return { status, output: `${stdout}${stderr}` };
  };

  test('is valid, beside the units of Debian', () => {
    const root = temporaryDirectory('units');
    cpSync('/lib/systemd/system', join(root, 'lib/systemd/system'), { recursive: true });
    copyFileSync(unitFile, join(root, 'lib/systemd/system/mayfly.service'));
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    writeFileSync(join(root, 'usr/bin/mayfly'), '', { mode: 0o755 });
    expect(analyze([`--root=${root}`, '--man=no', 'verify', 'mayfly.service'])).toEqual({
      status: 0,
      output: '',
    });
  });

  test('has at most the exposure that docs/running.md says', () => {
    const text = readFileSync(join(checkout, 'docs/running.md'), 'utf8');
    const documented = Number(/rates\s+the\s+exposure\s+of\s+the\s+service\s+at\s+(\d\.\d)/.exec(text)?.[1]);
    const { output } = analyze(['security', '--offline=true', unitFile]);
    const exposure = Number(/exposure level.*: ([\d.]+)/.exec(output)?.[1]);
    expect(exposure).toBeLessThanOrEqual(documented);
  });

  test('permits the JIT compiler of the runtime', () => {
    expect(unit.all('MemoryDenyWriteExecute')).toEqual([]);
  });

  test('starts a server again until it can start, however long its database is away', () => {
    expect([unit.one('Restart'), unit.one('StartLimitIntervalSec')]).toEqual(['on-failure', '0']);
    expect(unit.one('RestartPreventExitStatus')).toBe(String(exitCodes.invalidSettings));
  });

  test('gives a stopping server more time than its requests have', () => {
    expect(parseDuration(unit.one('TimeoutStopSec'))).toBeGreaterThan(gracePeriod + 3000);
  });
});

describe('the control file', () => {
  const addon = (target: string) =>
    readFileSync(join(checkout, `node_modules/better-sqlite3/prebuilds/linux-${target}.node`));
  const control = (architecture: string) =>
    controlFile({ version: '1.2.3-1', architecture, maintainer: 'A <a@example.org>', installedSize: 1 });

  test('has the architecture of the program', () => {
    expect(['x64', 'arm64'].map((target) => architectureOf(addon(target)))).toEqual(['amd64', 'arm64']);
    expect(() => architectureOf(Buffer.from('#!/bin/sh\n'))).toThrow(
      'must be an ELF file for amd64 or arm64',
    );
    expect(control('arm64')).toContain('\nArchitecture: arm64\n');
  });

  test.each(['x64', 'arm64'])('depends on the libraries that the addon for %s needs', (target) => {
    const latest = (prefix: string) => {
      const versions = addon(target)
        .toString('latin1')
        .matchAll(new RegExp(`${prefix}(\\d+)`, 'g'));
      return Math.max(...[...versions].map(([, version]) => Number(version)));
    };
    expect(control('amd64')).toContain(`libc6 (>= 2.${latest('GLIBC_2\\.')})`);
    // The first libstdc++ with GLIBCXX_3.4.29 is that of GCC 11.
    expect({ control: control('amd64'), needed: latest('GLIBCXX_3\\.4\\.') }).toEqual({
      control: expect.stringContaining('libstdc++6 (>= 11)'),
      needed: 29,
    });
  });
});

test('a release candidate comes before its release, and the changelog has the releases before', () => {
  const candidate = debianVersion('1.0.0-rc.1');
  const compared = spawnSync('dpkg', ['--compare-versions', candidate, 'lt', debianVersion('1.0.0')]);
  expect({ candidate, status: compared.status }).toEqual({ candidate: '1.0.0~rc.1-1', status: 0 });
  const releases = '## [Unreleased]\n\n## [0.2.0] - 2027-01-31\n\n## [0.1.0] - 2026-11-22\n';
  const built = { version: '0.2.0', date: new Date('2027-01-31T08:00:00Z') };
  const entries = debianChangelog(releases, 'A <a@example.org>', built).match(/^(mayfly| --).*/gm);
  expect(entries).toEqual([
    'mayfly (0.2.0-1) unstable; urgency=medium',
    ' -- A <a@example.org>  Sun, 31 Jan 2027 08:00:00 +0000',
    'mayfly (0.1.0-1) unstable; urgency=medium',
    ' -- A <a@example.org>  Sun, 22 Nov 2026 12:00:00 +0000',
  ]);
});

await suiteWith(['dpkg-deb'], 'a compressed package', () => {
  test('is the same each time it is built, by one processor or two', () => {
    const folder = temporaryDirectory('deb');
    const addon = readFileSync(join(checkout, 'node_modules/better-sqlite3/prebuilds/linux-x64.node'));
    const binary = join(folder, 'mayfly');
    // Two blocks of xz, which compresses each of them in a thread.
    writeFileSync(binary, Buffer.concat([addon, addon]));
    const build = (processors: string) => {
      process.env.DPKG_DEB_THREADS_MAX = processors;
      const file = buildDebianPackage({
        checkout,
        binary,
        version: '0.1.0',
        licenses: 'the licences of others',
        sourceDate: Date.parse('2026-11-30T12:00:00Z') / 1000,
        maintainer: 'Mayfly contributors <maintainers@mayfly.invalid>',
        output: join(folder, processors),
      });
      delete process.env.DPKG_DEB_THREADS_MAX;
      return readFileSync(file);
    };
    expect(build('1').equals(build('2'))).toBe(true);
  });
});

describe('/etc/mayfly/mayfly.env', () => {
  const text = defaultSettings();
  const withoutComments = text.replaceAll(/^#(?=[A-Z]\w*=)/gm, '');

  test('has every setting in a comment, except the data folder', () => {
    const names = Object.values(settings).map(({ name }) => name);
    expect([...withoutComments.matchAll(/^([A-Z]\w*)=/gm)].map(([, name]) => name)).toEqual(names);
    expect(parseEnvironmentFile(text)).toEqual({ DATA_DIR: '/var/lib/mayfly' });
  });

  test('shows the default of each setting', () => {
    expect(readConfig(parseEnvironmentFile(withoutComments))).toEqual(
      readConfig({ DATA_DIR: '/var/lib/mayfly' }),
    );
  });

  test('means the same to a shell as to systemd', () => {
    const file = join(temporaryDirectory('settings'), 'mayfly.env');
    writeFileSync(file, withoutComments);
    const { stdout } = spawnSync('env', ['-i', 'sh', '-c', `set -a; . ${file}; /usr/bin/env -0`], {
      encoding: 'utf8',
    });
    const read = Object.fromEntries(
      stdout.split('\0').map((entry) => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)]),
    );
    expect(read).toMatchObject(parseEnvironmentFile(withoutComments));
  });
});

await suiteWith(['mandoc'], 'the manual pages', ({ mandoc }) => {
  const pages = manualPages('1.2.3', '2026-11-30');

  test('exist for the program and for each command', async () => {
    const commands = (await commandsInHelp()).map((words) => `mayfly-${words.replaceAll(' ', '-')}.1`);
    const names = pages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['mayfly.1', 'mayfly-keys.1', ...commands]));
  });

  test('pass a linter', () => {
    const folder = temporaryDirectory('manual');
    const files = pages.map(({ name, text }) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const { stdout } = spawnSync(mandoc, ['-T', 'lint', '-W', 'warning', ...files], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  test('show options, examples and settings as they are typed', () => {
    const shown = (name: string) => {
      const input = pages.find((page) => page.name === name)?.text;
      const { stdout } = spawnSync(mandoc, ['-T', 'ascii', '-O', 'width=200'], { input, encoding: 'utf8' });
      // Bold characters are overstruck.
      return stdout.replaceAll(/.[\b]/g, '');
    };
    expect(shown('mayfly-put.1')).toContain('-t, --ttl <duration>');
    expect(shown('mayfly-put.1')).toContain('make 2>&1 | mayfly put - --name build.log');
    expect(shown('mayfly-keys-create.1')).toContain('mayfly keys create [options]');
    expect(shown('mayfly-serve.1')).toContain('SWEEP_CRON (default: */30 * * * * *)');
    expect(shown('mayfly.1')).toContain('mayfly - stores data that should not last');
  });
});

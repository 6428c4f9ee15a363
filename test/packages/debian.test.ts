// The Debian package, in a minimal Debian 12 of its own. systemd does not run there: the service is started as its unit
// says, by setpriv.
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildDebianPackage } from '../../scripts/debian/package.ts';
import { builtBinary } from '../support/built-binary.ts';
import { checkout } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { DebianSystem } from './debian/system.ts';
import { permittedSystemCalls, systemCallsOf } from './debian/system-calls.ts';
import { Unit } from './debian/unit.ts';

setDefaultTimeout(300_000);

const parts = ['dpkg-deb', 'lintian', 'mmdebstrap', 'strace', 'systemd-analyze', 'tmpfs'] as const;

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

await suiteWith(parts, 'the Debian package', (paths) => {
  const folder = temporaryDirectory('deb');
  let binary: string;
  const build = (version: string, output: string) =>
    buildDebianPackage({
      checkout,
      binary,
      version,
      licenses: 'the licences of others',
      sourceDate: Date.parse('2026-11-30T12:00:00Z') / 1000,
      maintainer: 'Mayfly contributors <maintainers@mayfly.invalid>',
      output: join(folder, output),
      isCompressed: false,
    });

  let system: DebianSystem;
  let first: string;
  let url: string;
  let payload: string;
  const settings = 'etc/mayfly/mayfly.env';
  const database = 'var/lib/mayfly/mayfly.db';
  const enabled = 'etc/systemd/system/multi-user.target.wants/mayfly.service';

  const isPresent = (path: string) => lstatSync(system.path(path), { throwIfNoEntry: false }) !== undefined;
  const unit = () => new Unit(system.read('lib/systemd/system/mayfly.service'));

  async function install(file: string): Promise<void> {
    // Not copied: it is as large as the program.
    renameSync(file, system.path(`tmp/${basename(file)}`));
    await system.run('dpkg', '--install', `/tmp/${basename(file)}`);
  }

  /** Runs the service during `work`, and stops it. */
  async function serving(work: () => Promise<void>, before: string[] = []): Promise<void> {
    const service = system.start(unit(), before);
    try {
      const isReady = async () => !service.isRunning() || (await fetch(`${url}/readyz`)).ok;
      await waitFor('the service', isReady, { timeoutMs: 120_000 });
      if (!service.isRunning()) throw new Error(`the service ended:\n${service.output()}`);
      await work();
    } finally {
      // strace does not pass signals on, but exits as the service does.
      const pid = before.length > 0 ? childOf(service.pid) : service.pid;
      if (service.isRunning()) process.kill(pid, 'SIGTERM');
      const code = await service.exited;
      expect({ code, output: service.output() }).toEqual({ code: 0, output: expect.any(String) });
    }
  }

  beforeAll(async () => {
    binary = await builtBinary();
    first = build('0.1.0', 'first');
    system = await DebianSystem.create();
  });

  test('is the same each time it is built', () => {
    const again = build('0.1.0', 'again');
    expect(basename(again)).toBe(`mayfly_0.1.0-1_${process.arch === 'x64' ? 'amd64' : 'arm64'}.deb`);
    expect(spawnSync('cmp', [first, again], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('passes lintian, whose overrides say why', () => {
    // Only packages of the tests are not compressed.
    const uncompressed = 'uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball';
    const args = ['--allow-root', '--fail-on', 'error,warning', '--suppress-tags', uncompressed, first];
    const { status, stdout } = spawnSync(paths.lintian, args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('installs a user, its settings, a service that starts at boot, pages and completions', async () => {
    await install(first);
    expect(await system.run('getent', 'passwd', 'mayfly')).toMatch(
      /^mayfly:x:\d{3}:\d{3}:[^:]*:\/var\/lib\/mayfly:\/usr\/sbin\/nologin$/m,
    );
    const owners = await system.run(
      ...['stat', '--format=%n %a %U:%G', '/etc/mayfly/mayfly.env', '/var/lib/mayfly', '/usr/bin/mayfly'],
      '/lib/systemd/system/mayfly.service',
    );
    expect(owners.trim().split('\n')).toEqual([
      '/etc/mayfly/mayfly.env 640 root:mayfly',
      '/var/lib/mayfly 700 mayfly:mayfly',
      '/usr/bin/mayfly 755 root:root',
      '/lib/systemd/system/mayfly.service 644 root:root',
    ]);
    expect(isPresent(enabled)).toBe(true);
    expect(system.read('usr/share/bash-completion/completions/mayfly')).toContain('complete -F');
    expect(system.read('usr/share/zsh/vendor-completions/_mayfly')).toStartWith('#compdef mayfly');
    expect(system.read('usr/share/fish/vendor_completions.d/mayfly.fish')).toContain('complete -c mayfly');
    for (const page of ['mayfly', 'mayfly-put', 'mayfly-keys-create'])
      expect(isPresent(`usr/share/man/man1/${page}.1.gz`)).toBe(true);
    // Reports every file that differs from the package, except what only root can see.
    expect(await system.run('dpkg', '--verify', 'mayfly')).toBe('');
  });

  test('runs as its unit says, with the settings, and makes only permitted system calls', async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const edited = system
      .read(settings)
      .replace('#PORT=8080', `PORT=${port}`)
      .replace('#HOST=0.0.0.0', 'HOST=127.0.0.1');
    writeFileSync(system.path(settings), edited);
    const log = join(folder, 'system-calls');
    await serving(async () => {
      const response = await fetch(url, { method: 'PUT', body: 'kept by upgrades' });
      payload = (await response.text()).trim().split('/').at(-1) ?? '';
      expect(payload).toMatch(/^[0-9a-f]{32}$/);
    }, [paths.strace, '--follow-forks', '-qq', `--output=${log}`]);
    const modes = await system.run('stat', '--format=%a %U:%G', '/var/lib/mayfly/secret', `/${database}`);
    expect(modes).toBe('600 mayfly:mayfly\n600 mayfly:mayfly\n');
    const made = systemCallsOf(unit().one('ExecStart').split(' ')[0] ?? '', readFileSync(log, 'utf8'));
    expect(made.length).toBeGreaterThan(30);
    const permitted = permittedSystemCalls(unit(), paths['systemd-analyze']);
    expect(made.filter((name) => !permitted.has(name))).toEqual([]);
  });

  test('has commands for operators, as its README.Debian shows them', async () => {
    const readme = system.read('usr/share/doc/mayfly/README.Debian');
    const [command = ''] = /^ +runuser .* keys list .*$/m.exec(readme) ?? [];
    const create = command.trim().replace('keys list', 'keys create --kind payload --account acme');
    expect(await system.run('sh', '-c', create)).toMatch(/^\S{20,}\n/);
    expect(await system.run('sh', '-c', command.trim())).toContain('acme');
  });

  test('can read the settings that mayfly init writes in place of its own', async () => {
    const guide = readFileSync(join(checkout, 'docs/running.md'), 'utf8');
    const [init = ''] = /^mayfly init --force --output \/etc\/mayfly .*$/m.exec(guide) ?? [];
    const answers = `--public-url ${url} --data disk --proxy none --create keys --port ${new URL(url).port}`;
    const steps = await system.run('sh', '-c', `${init} ${answers}`);
    expect(steps).toContain('start: systemctl restart mayfly\n');
    const files = ['', '.old'].map((end) => `/${settings}${end}`);
    expect(await system.run('stat', '--format=%a %U:%G', ...files)).toBe('640 root:mayfly\n'.repeat(2));
    const [, create = ''] = /create a key: (.*)/.exec(steps) ?? [];
    expect(await system.run('sh', '-c', create.replace('NAME', 'acme'))).toMatch(/^\S{20,}\n/);
  });

  test('keeps data, edited settings and a disabled service in an upgrade', async () => {
    await system.run('rm', `/${enabled}`);
    const edited = system.read(settings);
    await install(build('0.2.0', 'second'));
    expect(await system.run('dpkg', '--status', 'mayfly')).toContain('\nVersion: 0.2.0-1\n');
    expect(system.read(settings)).toBe(edited);
    expect(isPresent(enabled)).toBe(false);
    const withLink = [
      ...['cd /etc/mayfly', 'mv mayfly.env real.env', 'ln -s /etc/shadow mayfly.env'],
      ...['/var/lib/dpkg/info/mayfly.postinst configure 0.1.0-1', 'mv real.env mayfly.env'],
      'stat --format=%G /etc/shadow',
    ];
    expect(await system.run('sh', '-c', withLink.join(' && '))).toEndWith('shadow\n');
    await serving(async () => {
      expect(await (await fetch(`${url}/raw/${payload}`)).text()).toBe('kept by upgrades');
    });
  });

  test('keeps settings and data when it is removed, and deletes them when it is purged', async () => {
    await system.run('dpkg', '--remove', 'mayfly');
    expect(['usr/bin/mayfly', settings, database, 'var/lib/mayfly/secret'].map(isPresent)).toEqual([
      ...[false, true, true, true],
    ]);
    const backups = '/var/lib/mayfly/backups';
    const withDisk = [
      ...[`mkdir ${backups}`, `mount -t tmpfs disk ${backups}`, `touch ${backups}/kept`],
      ...['/var/lib/dpkg/info/mayfly.postrm purge', `ls /var/lib/mayfly ${backups}`],
    ];
    expect(await system.run('sh', '-c', withDisk.join(' && '))).toEndWith(
      `/var/lib/mayfly:\nbackups\n\n${backups}:\nkept\n`,
    );
    await system.run('dpkg', '--purge', 'mayfly');
    const left = ['etc/mayfly', 'var/lib/mayfly', 'etc/systemd/system/mayfly.service'];
    expect(left.filter(isPresent)).toEqual([]);
    // Its id must not be given to another user.
    expect(await system.run('getent', 'passwd', 'mayfly')).toContain('mayfly');
    expect(existsSync(system.path('var/lib/dpkg/info/mayfly.list'))).toBe(false);
  });
});

// The binary, copied alone into a minimal Debian: no Node, no Bun, no certificates.
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { builtBinary } from '../support/built-binary.ts';
import { debianRoot } from '../support/debian-root.ts';
import { answerOf, type CommandAnswer, expectDone } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { olderDatabase } from '../support/older-database.ts';
import { nobody } from '../support/other-user.ts';
import { suiteWith } from '../support/suite-with.ts';

setDefaultTimeout(300_000);

await suiteWith(['mmdebstrap', 'tmpfs'], 'the binary alone in a minimal Debian', () => {
  let root: string;
  const inRoot = (path: string) => join(root, path);
  const isThere = (path: string) => existsSync(inRoot(path));

  beforeAll(async () => {
    root = await debianRoot();
    copyFileSync(await builtBinary(), inRoot('usr/local/bin/mayfly'));
    for (const folder of ['srv', 'srv/data', 'srv/older']) {
      mkdirSync(inRoot(folder), { recursive: true });
      chownSync(inRoot(folder), nobody, nobody);
    }
  });

  /**
   * The command in the file system of Debian, as a user without rights.
   *
   * @param mounts Commands that change the file systems for it.
   */
  const inside = (mounts: string[] = []) => {
    const mount = [`mount -t proc proc ${root}/proc`, ...mounts].join(' && ');
    const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    const command = ['chroot', root, 'setpriv', ...user, '/usr/local/bin/mayfly'];
    return ['unshare', '--mount', 'sh', '-c', `${mount} && exec "$@"`, 'sh', ...command];
  };
  const mounted = (folder: string, options: string) => `mount -t tmpfs -o ${options} tmpfs ${inRoot(folder)}`;
  const command = (
    args: string[],
    env: Record<string, string> = {},
    mounts: string[] = [],
  ): Promise<CommandAnswer> =>
    answerOf([...inside(mounts), ...args], {
      cwd: root,
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/',
        LOG_LEVEL: 'silent',
        DATA_DIR: '/srv/data',
        ...env,
      },
    });
  const serve = ({ mounts, dataDir = '/srv/data' }: { mounts?: string[]; dataDir?: string } = {}) =>
    startMayfly({ binary: inside(mounts), dataDir, env: { TMPDIR: '/tmp' } });
  const unpacked = () =>
    ['tmp', 'srv/data', 'srv/older', 'srv/restored']
      .flatMap((folder) => readdirSync(inRoot(folder)))
      .filter((name) => name.endsWith('.node'));

  test('needs nothing else', async () => {
    expect(['usr/bin/node', 'usr/bin/bun', 'etc/ssl/certs'].filter(isThere)).toEqual([]);
    expect((await command(['--version'])).stdout).toBe(`${packageJson.version}\n`);
    expect((await command(['--help'])).stdout).toContain(`Mayfly ${packageJson.version} `);
  });

  test('serves, puts, gets, backs up and restores', async () => {
    const server = await serve();
    const env = { MAYFLY_URL: server.url };
    const put = ['put', '/etc/debian_version'];
    const link = expectDone(put, await command(put, env));
    const version = readFileSync(inRoot('etc/debian_version'), 'utf8');
    expect((await command(['get', link], env)).stdout).toBe(version);
    const backup = ['backup', '/srv/backup'];
    expectDone(backup, await command(backup));
    // SIGTERM, as a service manager sends it.
    expect(await server.stop()).toBe(0);

    const restore = ['restore', '/srv/backup'];
    expectDone(restore, await command(restore, { DATA_DIR: '/srv/restored' }));
    const again = await serve({ dataDir: '/srv/restored' });
    const other = link.replace(new URL(link).origin, again.url);
    expect((await command(['get', other], { MAYFLY_URL: again.url })).stdout).toBe(version);
    expect(await again.stop()).toBe(0);
  });

  test('migrates the database of an earlier version', async () => {
    const id = 'f'.repeat(32);
    const file = olderDatabase('0003_reserved_storage', (raw) => {
      raw
        .prepare(
          `INSERT INTO payloads (id, mime_type, content, size, is_text, created_at, expires_at)
           VALUES (?, 'text/plain', 'older', 5, 1, 0, ?)`,
        )
        .run(id, Date.now() + 3_600_000);
    });
    copyFileSync(file, inRoot('srv/older/mayfly.db'));
    chownSync(inRoot('srv/older/mayfly.db'), nobody, nobody);
    expectDone(['migrate'], await command(['migrate'], { DATA_DIR: '/srv/older' }));
    const server = await serve({ dataDir: '/srv/older' });
    expect(await (await fetch(`${server.url}/raw/${id}`)).text()).toBe('older');
    expect(await server.stop()).toBe(0);
  });

  test.each([
    ['runs no programs', 'noexec,mode=1777'],
    ['is not writable', 'ro'],
    ['is full', 'size=4k,mode=1777'],
  ])('serves with SQLite from its data folder where the temporary folder %s', async (_, options) => {
    const server = await serve({ mounts: [mounted('tmp', options)] });
    const code = readFileSync(`/proc/${server.pid}/maps`, 'utf8')
      .split('\n')
      .filter((line) => / r-xp .*\.node/.test(line));
    expect(code).toEqual([expect.stringContaining('/srv/data/.mayfly-')]);
    const stored = await fetch(server.url, { method: 'POST', body: 'stored' });
    expect(stored.status).toBe(201);
    expect(await server.stop()).toBe(0);
    expect(unpacked()).toEqual([]);
  });

  test('says in one line that no folder runs programs', async () => {
    const mounts = [mounted('tmp', 'noexec,mode=1777'), mounted('srv/data', 'noexec,mode=1777')];
    const { code, stdout, stderr } = await command(['migrate'], {}, mounts);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^mayfly: the library of the database cannot be unpacked: set TMPDIR [^\n]+\n$/);
  });

  test('leaves nothing in the folders that it unpacked SQLite to', () => {
    expect(unpacked()).toEqual([]);
    expect(statSync(inRoot('srv/restored')).mode & 0o777).toBe(0o700);
  });
});

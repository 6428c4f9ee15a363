import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mayflyCommand, mayflyOutput } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(60_000);

const newFolder = () => temporaryDirectory('commands');

describe.concurrent('the command line', () => {
  test('is explained by --help, and an invalid call exits with 2', async () => {
    const folder = newFolder();
    const help = await mayflyOutput(folder, ['--help']);
    for (const command of ['serve', 'sweep', 'keys', 'plans', 'bans', 'put', 'get', 'cp'])
      expect(help).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(await mayflyOutput(folder, ['keys', 'create', '--help'])).toContain('"storage", "uploadkit"');
    const wrong = [
      ['nonsense'],
      ['keys'],
      ['keys', 'create', '--kind', 'nonsense', '--account', 'acme'],
      ['keys', 'create', '--kind', 'storage'],
      ['routes', 'create', 'slug', '--account', 'acme', '--max-size', 'large'],
      ['plans', 'set', 'pro', '--unknown', '1'],
      ['ban'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await mayflyCommand(folder, args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).not.toBe('');
    }
  });

  test('refuses impossible requests with one line and exit code 1', async () => {
    const folder = newFolder();
    await mayflyOutput(folder, ['migrate']);
    for (const [args, line] of [
      [['keys', 'revoke', 'unknown'], 'There is no key with this id, or it was revoked'],
      [
        ['routes', 'create', 'slug', '--account', 'nobody', '--max-size', '1MB'],
        'There is no account of this name',
      ],
      [['accounts', 'set', 'nobody', '--plan', 'free'], 'There is no account of this name'],
      [['ban', '300.1.1.1'], '"300.1.1.1" must be an address or a CIDR range'],
      [['unban', 'nonsense'], '"nonsense" must be an address or a CIDR range'],
      [
        ['accounts', 'set', 'bob', '--plan', 'nope'],
        'plan "nope" does not exist: there are guest, free, unlimited',
      ],
    ] as const) {
      const { code, stderr } = await mayflyCommand(folder, [...args]);
      expect([args, code]).toEqual([args, 1]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain(line);
    }
  });
});

describe.concurrent('plans and accounts', () => {
  test('set on a plan prints the whole plan, with the limits that were not changed', async () => {
    const folder = newFolder();
    await mayflyOutput(folder, ['plans', 'set', 'pro', '--storage', '1GiB', '--lifetime', '90d']);
    const shown = await mayflyOutput(folder, ['plans', 'set', 'pro', '--max-files', '5']);
    expect(shown.split('\n')[1]?.trim().split(/\s+/)).toEqual(['pro', '1073741824', 'none', '5', '90d']);
    const freed = await mayflyOutput(folder, ['plans', 'set', 'pro', '--storage', 'none']);
    expect(freed.split('\n')[1]?.trim().split(/\s+/)).toEqual(['pro', 'none', 'none', '5', '90d']);
  });

  test('keys create creates an account with a plan, and only accounts set changes it', async () => {
    const folder = newFolder();
    const create = ['keys', 'create', '--kind', 'uploadkit', '--account', 'acme'];
    expect(await mayflyOutput(folder, [...create, '--plan', 'free'])).toMatch(/^uk_live_\S{27}$/);
    expect((await mayflyCommand(folder, [...create, '--plan', 'unlimited'])).code).toBe(1);
    await mayflyOutput(folder, ['accounts', 'set', 'acme', '--plan', 'unlimited']);
    await mayflyOutput(folder, [...create, '--plan', 'unlimited']);
    const [, row = ''] = (await mayflyOutput(folder, ['accounts', 'list'])).split('\n');
    expect(row.trim().split(/\s+/)).toEqual(['acme', 'unlimited', '0', '0', '0']);
  });
});

describe.concurrent('commands beside a server with other settings', () => {
  test('are refused if they would do harm, and run otherwise', async () => {
    const secret = 'a secret of the server alone';
    const server = await startMayfly({ env: { SECRET: secret }, clockless: true });
    try {
      const { dataDir } = server;
      await mayflyOutput(dataDir, ['keys', 'create', '--kind', 'uploadkit', '--account', 'acme']);
      const route = ['routes', 'create', 'slug', '--account', 'acme', '--max-size', '1MB'];
      const refused = await mayflyCommand(dataDir, route);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        'mayfly: SECRET must be the same as at the last start of the server\n',
      ]);
      await mayflyOutput(dataDir, route, { SECRET: secret });
      const elsewhere = {
        S3_ENDPOINT: 'http://127.0.0.1:1',
        S3_BUCKET: 'other',
        S3_ACCESS_KEY_ID: 'key',
        S3_SECRET_ACCESS_KEY: 'secret',
      };
      for (const command of ['sweep', 'check']) {
        const { code, stderr } = await mayflyCommand(dataDir, [command], elsewhere);
        expect([command, code, stderr]).toEqual([
          command,
          1,
          'mayfly: S3_* must be the same as at the last start of the server\n',
        ]);
        await mayflyOutput(dataDir, [command]);
      }
    } finally {
      await server.stop();
    }
  });
});

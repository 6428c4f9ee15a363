import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createKey, expectOneLine } from './one-line.ts';

setDefaultTimeout(60_000);

describe('without a database', () => {
  const refusing = [
    ['sweep'],
    ['check'],
    ['keys', 'list'],
    ['keys', 'revoke', 'id'],
    ['accounts', 'list'],
    ['accounts', 'set', 'acme', '--plan', 'free'],
    ['routes', 'create', 'avatars', '--account', 'acme', '--max-size', '4MB'],
    ['routes', 'list'],
    ['routes', 'delete', 'avatars', '--account', 'acme'],
    ['plans', 'list'],
    ['ban', '192.0.2.1'],
    ['unban', '192.0.2.1'],
    ['bans'],
    ['remove', `/p/${'0'.repeat(32)}`],
    ['blocks', 'list'],
    ['blocks', 'remove', '0'.repeat(64)],
  ];

  test('commands that need one report its path and the setting, and create nothing', async () => {
    const dataDir = join(temporaryDirectory('missing'), 'typo');
    const file = join(dataDir, 'mayfly.db');
    for (const command of refusing)
      await expectOneLine({ dataDir }, command, new RegExp(`no database at "${file}": set DATA_DIR`));
    expect(existsSync(dataDir)).toBe(false);
  });

  test('DATABASE_URL is reported if it sets the file', async () => {
    const dataDir = temporaryDirectory('missing');
    const file = join(dataDir, 'other.db');
    await expectOneLine(
      { dataDir, env: { DATABASE_URL: `sqlite:${file}` } },
      ['bans'],
      new RegExp(`no database at "${file}": set DATABASE_URL`),
    );
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('commands that prepare a first start create one and report it, once', async () => {
    for (const command of [['migrate'], createKey, ['plans', 'set', 'pro']]) {
      const dataDir = temporaryDirectory('first');
      const first = await mayflyCommand(dataDir, command);
      expect([first.code, first.stderr]).toEqual([
        0,
        `mayfly: created a new database at "${join(dataDir, 'mayfly.db')}"\n`,
      ]);
      const second = await mayflyCommand(dataDir, command);
      expect([second.code, second.stderr]).toEqual([0, '']);
    }
  });

  test('a server creates one and logs its path, once', async () => {
    const first = await startMayfly();
    const { dataDir } = first;
    await first.stop();
    const created = `"file":"${join(dataDir, 'mayfly.db')}","msg":"created a new database"`;
    expect(first.logs()).toContain(created);
    const second = await startMayfly({ dataDir });
    await second.stop();
    expect(second.logs()).not.toContain('created a new database');
  });
});

import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { isRoot } from '../support/other-user.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { mountTmpfs, temporaryDirectory } from '../support/temporary-directory.ts';
import { createKey, expectOneLine } from './one-line.ts';

setDefaultTimeout(60_000);

test('a folder that the user may not create is reported in one line', async () => {
  const parent = temporaryDirectory('broken');
  chmodSync(parent, 0o500);
  // Permissions then apply to root too.
  const withoutPrivileges = isRoot ? ['--bounding-set=-dac_override'] : [];
  const args = [...withoutPrivileges, process.execPath, '--no-env-file', 'src/main.ts', 'serve'];
  const env = { PATH: process.env.PATH, DATA_DIR: join(parent, 'data') };
  const server = startProcess('setpriv', args, { env });
  expect(await server.exited).toBe(1);
  expect(server.output()).toMatch(
    /^mayfly: "[^"]+\/data" cannot be used: create it for user \d+, or set another folder \(EACCES\)\n$/,
  );
});

await suiteWith(['tmpfs'], 'a file system that is not writable', () => {
  test('is reported in one line: full at the first start', async () => {
    const disk = mountTmpfs(1024 * 1024);
    if (disk === undefined) throw new Error('no tmpfs');
    expect(() => writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(2 * 1024 * 1024))).toThrow('ENOSPC');
    await expectOneLine(
      { dataDir: disk.path },
      ['serve'],
      /is full: free some space \((SQLITE_FULL|ENOSPC)\)/,
    );
    disk.unmount();
  });

  test('is reported in one line: read-only, empty and with a database', async () => {
    for (const withDatabase of [false, true]) {
      const disk = mountTmpfs(32 * 1024 * 1024);
      if (disk === undefined) throw new Error('no tmpfs');
      if (withDatabase) await mayflyCommand(disk.path, ['migrate']);
      Bun.spawnSync(['mount', '-o', 'remount,ro', disk.path]);
      const says = /its file system is read-only: set DATA_DIR to a writable folder \(EROFS\)/;
      for (const command of withDatabase ? [['serve'], ['sweep'], ['keys', 'list']] : [['serve'], createKey])
        await expectOneLine({ dataDir: disk.path }, command, says);
      disk.unmount();
    }
  });
});

import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expectOneLine } from '../cli/one-line.ts';
import { backUp, backupName, filesIn } from '../support/backups.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import { put } from './requests.ts';
import { readStored } from './stored.ts';

// Rules: docs/operations.md, "Backup" and "Restore".
setDefaultTimeout(120_000);

const count = 100;

async function startWithBlobs(): Promise<MayflyProcess> {
  const mayfly = await startMayfly();
  for (let n = 0; n < count; n += 1) await put(mayfly.url, bytesOf(`large ${n}`, 300_000));
  return mayfly;
}

/** Starts a command, and kills it when it has written some files to a folder. */
async function killAmid(command: string[], dataDir: string, folder: string): Promise<void> {
  const running = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', ...command], {
    cwd: checkout,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir },
  });
  await waitFor('some blobs', () => filesIn(folder).length > 10, { timeoutMs: 60_000, everyMs: 2 });
  await running.kill();
}

test('a backup that is killed has no name, cannot be restored, and does not hinder the next one', async () => {
  const mayfly = await startWithBlobs();
  let backup: string;
  do {
    // A backup that was faster than the kill has its name.
    backup = backupName();
    await killAmid(['backup', backup], mayfly.dataDir, dirname(backup));
  } while (existsSync(backup));
  const [partial = ''] = readdirSync(dirname(backup));
  expect(partial).toStartWith(`${basename(backup)}.partial-`);
  await expectOneLine(
    { dataDir: temporaryDirectory('restored') },
    ['restore', join(dirname(backup), partial)],
    /is not a complete backup: it has no SHA256SUMS/,
  );
  await mayflyOutput(mayfly.dataDir, ['backup', backup]);
  expect(filesIn(join(backup, 'blobs'))).toHaveLength(count);
  await mayfly.stop();
});

test('a restore that is killed leaves no database, and can be repeated', async () => {
  const mayfly = await startWithBlobs();
  const backup = await backUp(mayfly.dataDir);
  await mayfly.stop();
  let dataDir: string;
  do {
    // A restore that was faster than the kill is complete.
    dataDir = temporaryDirectory('restored');
    await killAmid(['restore', backup], dataDir, dataDir);
  } while (existsSync(join(dataDir, 'mayfly.db')));
  expect(readdirSync(dataDir).filter((name) => !name.includes('.restoring-'))).toEqual([]);
  await mayflyOutput(dataDir, ['restore', backup]);
  expect(readStored(dataDir).files).toHaveLength(count);
});

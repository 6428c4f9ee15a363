import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from '../../src/cli/use/file-lock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(60_000);

/** The lock of a process that ended a minute ago. */
function staleLock(): string {
  const path = join(temporaryDirectory('lock'), 'list.locked');
  const holder = join(path, 'ended');
  mkdirSync(path);
  writeFileSync(holder, '');
  const minuteAgo = Date.now() / 1000 - 60;
  utimesSync(holder, minuteAgo, minuteAgo);
  return path;
}

/** Takes a lock with this number of concurrent callers. @returns The maximum number of concurrent holders. */
async function maxHolders(path: string, callers: number): Promise<number> {
  let [holders, max] = [0, 0];
  const hold = async () => {
    const release = await lock(path);
    holders += 1;
    max = Math.max(max, holders);
    await sleep(2);
    holders -= 1;
    await release();
  };
  await Promise.all(Array.from({ length: callers }, hold));
  return max;
}

describe('a lock between processes', () => {
  test('is held by one of two callers that find it stale', async () => {
    for (let round = 0; round < 50; round += 1) expect(await maxHolders(staleLock(), 2)).toBe(1);
  });

  test('is held by one of many callers at a time, and leaves nothing behind', async () => {
    const folder = temporaryDirectory('lock');
    expect(await maxHolders(join(folder, 'list.locked'), 16)).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('stays with its holder while another caller waits', async () => {
    const path = staleLock();
    const release = await lock(path);
    const next = lock(path);
    await sleep(100);
    expect(readdirSync(path)).toHaveLength(1);
    await release();
    await (await next)();
  });
});

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from '../../src/cli/use/file-lock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(60_000);

/** A lock that a process has left which ended a minute ago. */
function staleLock(): string {
  const path = join(temporaryDirectory('lock'), 'list.locked');
  const holder = join(path, 'ended');
  mkdirSync(path);
  writeFileSync(holder, '');
  const minuteAgo = Date.now() / 1000 - 60;
  utimesSync(holder, minuteAgo, minuteAgo);
  return path;
}

/** Has so many callers hold a lock in turn. @returns How many held it at once, at most. */
async function mostAtOnce(path: string, callers: number): Promise<number> {
  let [holding, most] = [0, 0];
  const hold = async () => {
    const release = await lock(path);
    holding += 1;
    most = Math.max(most, holding);
    await sleep(2);
    holding -= 1;
    await release();
  };
  await Promise.all(Array.from({ length: callers }, hold));
  return most;
}

describe('a lock between processes', () => {
  test('is held by one of two callers that find it stale', async () => {
    for (let round = 0; round < 50; round += 1) expect(await mostAtOnce(staleLock(), 2)).toBe(1);
  });

  test('is held by one of many callers at a time, and leaves nothing behind', async () => {
    const folder = temporaryDirectory('lock');
    expect(await mostAtOnce(join(folder, 'list.locked'), 16)).toBe(1);
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

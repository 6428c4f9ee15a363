import { expect, test } from 'bun:test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openedForSuite } from '../../ports/opened.ts';
import { suiteWithPostgres } from '../../support/postgres.ts';
import { type KilledBackends, queryWhileBackendsAreKilled } from './killed-backends.ts';
import { openPostgresStores } from './open-postgres-stores.ts';

const script = new URL('./killed-backends.ts', import.meta.url).pathname;

function expectGood({ killed, own, strangers, failures, slowest, afterwards }: KilledBackends): void {
  expect(killed).toBeGreaterThan(80);
  expect(own).toBeGreaterThan(100);
  expect(strangers).toBe(0);
  expect(Object.keys(failures)).toEqual(['store_away']);
  // Less than the deadline of 2 s: an ended process is noticed at once.
  expect(slowest).toBeLessThan(1900);
  expect(afterwards).toBe(16);
}

await suiteWithPostgres('16 callers whose processes on the server are ended, busy and idle', () => {
  const stores = openedForSuite(openPostgresStores);

  test('get their own rows or a failure, none hangs, and all goes on', async () => {
    expectGood(await queryWhileBackendsAreKilled(stores()[0].url));
  });
});

await suiteWithPostgres(
  'the same on Deno',
  ({ deno }) => {
    const stores = openedForSuite(openPostgresStores);

    test('holds too', async () => {
      const args = [
        'run',
        '--allow-net',
        '--allow-env',
        '--allow-read',
        '--allow-sys',
        script,
        stores()[0].url,
      ];
      const { stdout } = await promisify(execFile)(deno, args, { timeout: 50_000 });
      expectGood(JSON.parse(stdout) as KilledBackends);
    });
  },
  ['deno'],
);

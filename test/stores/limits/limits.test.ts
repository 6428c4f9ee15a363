import { afterAll, expect, test } from 'bun:test';
import { createServices, type Services } from '../../../src/composition/index.ts';
import { readConfig } from '../../../src/config/index.ts';
import type { LimitName } from '../../../src/core/limits/limits.ts';
import { createLog } from '../../../src/observe/log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const opened: Services[] = [];
afterAll(() => Promise.all(opened.map((services) => services.close())));

async function limitsWith(environment: Record<string, string>) {
  const config = readConfig({ DATA_DIR: temporaryDirectory('limits'), ...environment });
  const services = await createServices(config, createLog('silent'));
  opened.push(services);
  return services.limits;
}

/** The calls that a limit allows, and its window (seconds). */
async function measure(environment: Record<string, string>, name: LimitName) {
  const limit = (await limitsWith(environment))[name];
  if (limit === undefined) return 'off';
  const started = Date.now();
  const verdict = await limit.consume('somebody');
  return { calls: verdict.limit, seconds: Math.round((verdict.resetAt - started) / 1000) };
}

test.each<[LimitName, number, number]>([
  ['address', 100, 60],
  ['credential', 1000, 60],
  ['guest', 5, 86_400],
  ['claim', 5, 86_400],
  ['presign', 100, 3600],
])('the %s limit is %d calls in %d seconds by default', async (name, calls, seconds) => {
  expect(await measure({}, name)).toEqual({ calls, seconds });
});

test.each<[LimitName, string]>([
  ['address', 'RATE_LIMIT'],
  ['credential', 'KEY_RATE_LIMIT'],
  ['guest', 'GUEST_RATE_LIMIT'],
  ['claim', 'GUEST_RATE_LIMIT'],
  ['presign', 'PRESIGN_RATE_LIMIT'],
])('the %s limit is that of %s, and 0 turns it off', async (name, setting) => {
  expect(await measure({ [setting]: '7', RATE_LIMIT_WINDOW: '60s' }, name)).toMatchObject({ calls: 7 });
  expect(await measure({ [setting]: '0' }, name)).toBe('off');
});

test('RATE_LIMIT_WINDOW is the window of addresses and credentials only', async () => {
  const environment = { RATE_LIMIT_WINDOW: '10m' };
  expect(await measure(environment, 'address')).toMatchObject({ seconds: 600 });
  expect(await measure(environment, 'credential')).toMatchObject({ seconds: 600 });
  expect(await measure(environment, 'presign')).toMatchObject({ seconds: 3600 });
  expect(await measure(environment, 'guest')).toMatchObject({ seconds: 86_400 });
});

test('guest tokens and claims are counted separately', async () => {
  const limits = await limitsWith({ GUEST_RATE_LIMIT: '1' });
  expect((await limits.guest?.consume('192.0.2.1'))?.allowed).toBe(true);
  expect((await limits.claim?.consume('192.0.2.1'))?.allowed).toBe(true);
  expect((await limits.guest?.consume('192.0.2.1'))?.allowed).toBe(false);
});

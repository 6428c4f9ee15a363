import { expect, setDefaultTimeout, test } from 'bun:test';
import { operatorOutput } from '../../support/operator.ts';
import { stoppedAtTheEnd } from '../../support/stopped-at-the-end.ts';
import { answered } from '../expected-answers.ts';
import { startFileServer, usageOf } from '../file-server.ts';
import { windowOf } from '../rate-limit-headers.ts';
import {
  call,
  complete,
  example,
  expectError,
  list,
  newClient,
  photo,
  put,
  type Requested,
} from './client.ts';

setDefaultTimeout(30_000);

const start = stoppedAtTheEnd((env: Record<string, string> = {}) => startFileServer({ env }));

test('a valid key counts against its own limit, a wrong one against the address', async () => {
  const server = await start({ RATE_LIMIT: '3', KEY_RATE_LIMIT: '4' });
  const client = await newClient(server);
  for (let remaining = 3; remaining >= 0; remaining -= 1)
    expect(windowOf(await call(client, 'GET', '/files'))).toEqual({
      limit: '4',
      remaining: String(remaining),
    });
  const limited = await call(client, 'GET', '/files');
  expect(windowOf(limited)).toEqual({ limit: '4', remaining: '0' });
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  await expectError(limited, 'RATE_LIMITED');
  const wrong = { ...client, key: `uk_live_${'x'.repeat(27)}` };
  for (let remaining = 2; remaining >= 0; remaining -= 1) {
    const response = await call(wrong, 'GET', '/files');
    expect(windowOf(response)).toEqual({ limit: '3', remaining: String(remaining) });
    await expectError(response, 'UNAUTHORIZED');
  }
  await expectError(await call(wrong, 'GET', '/files'), 'RATE_LIMITED');
  // Another key of the account has its own window, whatever the address has used up.
  const other = await newClient(server);
  expect((await call(other, 'GET', '/files')).status).toBe(200);
});

test('requests for uploads count against PRESIGN_RATE_LIMIT, in parts or not', async () => {
  const server = await start({ PRESIGN_RATE_LIMIT: '3' });
  const client = await newClient(server);
  for (const path of ['request', 'multipart/init', 'request'])
    expect((await call(client, 'POST', `/upload/${path}`, example)).status).toBe(200);
  for (const path of ['request', 'multipart/init'])
    await expectError(await call(client, 'POST', `/upload/${path}`, example), 'RATE_LIMITED');
  expect((await usageOf(server, client.key)).reservedObjects).toBe(3);
  expect((await list(client)).files).toEqual([]);
});

test.each([
  ['storage', ['--storage', String(8 * example.fileSize)], 'STORAGE_LIMIT_EXCEEDED'],
  ['number of files', ['--max-files', '8'], 'FILE_LIMIT_EXCEEDED'],
] as const)(
  'the %s of a plan is respected while a hundred uploads are requested and completed at once',
  async (_what, limits, code) => {
    const server = await start();
    await operatorOutput(server.dataDir, ['plans', 'set', 'small', ...limits]);
    const client = await newClient(server, ['--plan', 'small']);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const inParts = index % 2 === 1;
        const response = await call(
          client,
          'POST',
          inParts ? '/upload/multipart/init' : '/upload/request',
          example,
        );
        if (response.status !== 200) return expectError(response, code);
        if (inParts) return 'reserved';
        const { fileId, uploadUrl } = (await response.json()) as Requested;
        await put(uploadUrl, photo);
        await complete(client, fileId);
        return 'stored';
      }),
    );
    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
    expect(count('reserved') + count('stored')).toBe(8);
    const usage = await usageOf(server, client.key);
    expect(usage.storedObjects).toBe(count('stored'));
    expect(usage.reservedObjects).toBe(count('reserved'));
    expect(usage.storedBytes + usage.reservedBytes).toBe(8 * example.fileSize);
    const keys = (await list(client)).files.map(({ key }) => key);
    expect(keys).toHaveLength(count('stored'));
    if (keys.length > 0)
      expect(await answered(call(client, 'DELETE', '/files', { keys }))).toMatchObject({
        deleted: keys.length,
      });
    expect(await usageOf(server, client.key)).toEqual({ ...usage, storedBytes: 0, storedObjects: 0 });
  },
);

import { expect, setDefaultTimeout, test } from 'bun:test';
import { createClient, type Retry } from '../../src/client/index.ts';
import { newKey } from '../api/buckets/client.ts';
import { startFileServer } from '../api/file-server.ts';
import { bytesOf, mebibyte, same, someBytes } from './some-content.ts';

setDefaultTimeout(60_000);

test('waits at least as long as Retry-After says', async () => {
  const server = await startFileServer({ env: { KEY_RATE_LIMIT: '2', RATE_LIMIT_WINDOW: '2s' } });
  const key = await newKey(server, 'account');
  const client = createClient({ url: server.url, key, retry: { firstDelayMs: 1 } });
  const bytes = someBytes(12 * mebibyte);
  const retries: Retry[] = [];
  await client.buckets.create('a-bucket');
  await client.objects.put('a-bucket', 'large', bytes, {
    partSize: 5 * mebibyte,
    onRetry: (retry) => retries.push(retry),
  });
  expect(retries.length).toBeGreaterThan(0);
  for (const { error, delayMs } of retries) {
    expect(error).toMatchObject({ name: 'MayflyError', status: 429, code: 'rate_limited' });
    const { retryAfter } = error as { retryAfter?: number };
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(delayMs).toBeGreaterThanOrEqual((retryAfter ?? 0) * 1000);
  }
  await Bun.sleep(2100);
  const read = await client.objects.get('a-bucket', 'large');
  expect(same(await bytesOf(read.stream), bytes)).toBe(true);
  await server.stop();
});

test('fails if Retry-After is longer than the maximum wait', async () => {
  const server = await startFileServer({ env: { RATE_LIMIT: '1', RATE_LIMIT_WINDOW: '1h' } });
  const client = createClient({ url: server.url });
  await client.payloads.create('first');
  const retries: Retry[] = [];
  const second = client.payloads.upload(someBytes(6), { onRetry: (retry) => retries.push(retry) });
  await expect(second).rejects.toMatchObject({ status: 429, retryAfter: expect.any(Number) });
  expect(retries).toEqual([]);
  await server.stop();
});

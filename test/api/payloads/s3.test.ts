import { afterAll, expect, test } from 'bun:test';
import { startMayfly } from '../../support/mayfly-process.ts';
import { startS3 } from '../../support/s3.ts';
import { outOfReach, payloadContract } from './contract.ts';
import { begin } from './upload-client.ts';

let stopS3: (() => Promise<void>) | undefined;
afterAll(() => stopS3?.());

const start = async () => {
  const s3 = await startS3();
  stopS3 = s3.stop;
  return startMayfly({ env: { ...outOfReach, ...s3.env, INLINE_LIMIT: '1KiB' } });
};

await payloadContract('payloads on S3', start, ['versitygw']);

test('anonymous uploads with S3 that were started but not sent take no room', async () => {
  const s3 = await startS3();
  const server = await startMayfly({
    env: { ...outOfReach, ...s3.env, INLINE_LIMIT: '1KiB', MAX_STORAGE: '1GiB', ANONYMOUS_STORAGE: '600MiB' },
  });
  try {
    const size = 512 * 1024 ** 2;
    const begun = await Promise.all(Array.from({ length: 20 }, () => begin(server, size)));
    expect(new Set(begun.map(({ parts }) => new URL(parts[0]?.url ?? '').origin))).toEqual(
      new Set([server.url]),
    );
    const put = await fetch(`${server.url}/other.bin`, { method: 'PUT', body: new Uint8Array(1024 ** 2) });
    expect(put.status).toBe(201);
  } finally {
    await server.stop();
    await s3.stop();
  }
});

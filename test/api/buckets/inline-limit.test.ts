import { expect, test } from 'bun:test';
import { startMayfly } from '../../support/mayfly-process.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { outOfReach } from '../file-server.ts';
import {
  answered,
  type Client,
  call,
  expectBytes,
  newBucket,
  newClient,
  objectPath,
  pattern,
  stored,
} from './client.ts';

const copied = (client: Client, bucket: string, from: string, to: string) =>
  answered(call(client, 'POST', `${objectPath(bucket, from)}/copy`, { json: { destinationKey: to } }), 201);

await suiteWith([], 'content from before INLINE_LIMIT was lowered', () => {
  test('is intact after it was copied, and so are its copies', async () => {
    const env = { ...outOfReach, MIN_FREE_SPACE: '0' };
    const before = await startMayfly({ env: { ...env, INLINE_LIMIT: '64KiB' }, clockless: true });
    const client = await newClient(before);
    const { name: bucket } = await newBucket(client);
    const bytes = pattern(20_000);
    await stored(client, bucket, 'source', bytes);
    expect(await before.stop()).toBe(0);

    const { dataDir } = before;
    const after = await startMayfly({ env: { ...env, INLINE_LIMIT: '1KiB' }, dataDir, clockless: true });
    try {
      const again = { ...client, url: after.url };
      await expectBytes(again, bucket, 'source', bytes);
      for (const copy of ['one', 'two']) {
        await copied(again, bucket, 'source', copy);
        await expectBytes(again, bucket, 'source', bytes);
        await expectBytes(again, bucket, copy, bytes);
      }
      await copied(again, bucket, 'one', 'three');
      for (const key of ['source', 'one', 'two', 'three']) await expectBytes(again, bucket, key, bytes);
    } finally {
      await after.stop();
    }
  });
});

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type FileServer, startFileServer } from '../file-server.ts';
import {
  allKeys,
  answered,
  bucketPath,
  type Client,
  call,
  done,
  expectBytes,
  head,
  newBucket,
  objectPath,
  remove,
  sharedClient,
  stored,
} from './client.ts';

setDefaultTimeout(60_000);

let server: FileServer;
let client: Client;
beforeAll(async () => {
  server = await startFileServer();
  client = await sharedClient(server);
});
afterAll(() => server.stop());

test('an object with a key that is no longer allowed can be read, listed, copied and deleted', async () => {
  const bucket = (await newBucket(client)).name;
  const key = 'c1\u009b31m.txt';
  const { etag } = await stored(client, bucket, 'made-before', 'content');
  const database = new Database(join(server.dataDir, 'mayfly.db'));
  database.pragma('busy_timeout = 5000');
  const renamed = database.prepare('UPDATE objects SET key = ? WHERE key = ?').run(key, 'made-before');
  database.close();
  expect(renamed.changes).toBe(1);
  expect(await allKeys(client, bucket)).toEqual([key]);
  await expectBytes(client, bucket, key, 'content');
  expect((await head(client, bucket, key)).headers.get('etag')).toBe(`"${etag}"`);
  const copy = call(client, 'POST', `${objectPath(bucket, key)}/copy`, { json: { destinationKey: 'copy' } });
  await answered(copy, 201);
  const sign = { key, method: 'GET', expiresIn: 60 };
  const { url } = await answered<{ url: string }>(
    call(client, 'POST', `${bucketPath(bucket)}/sign`, { json: sign }),
  );
  expect(await (await fetch(url)).text()).toBe('content');
  await done(remove(client, bucket, key));
  expect(await allKeys(client, bucket)).toEqual(['copy']);
});

import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { newBucket, newClient as newBucketClient, stored } from './buckets/client.ts';
import { signedUrl } from './buckets/signed-client.ts';
import { complete, newClient, newRoute, put, request } from './uploadkit/client.ts';
import { webhookServers } from './webhook-servers.ts';

setDefaultTimeout(60_000);

const { start, receivers } = webhookServers();
const after = 'the secret after the change';

test('signatures of SECRET_PREVIOUS stay valid after a change of SECRET, and receivers accept the old secret', async () => {
  let server = await start();
  let secret = '';
  const receiver = await startWebhookReceiver(() => secret);
  receivers.push(receiver);
  const uploads = await newClient(server);
  secret = await newRoute(server, uploads.account, 'notified', [
    '--max-size',
    '1MB',
    '--webhook',
    receiver.url,
  ]);
  const buckets = await newBucketClient(server);
  const { name: bucket } = await newBucket(buckets);
  await stored(buckets, bucket, 'key', 'content');
  const url = new URL(await signedUrl(buckets, bucket, 'key', 'GET', { expiresIn: 3600 }));
  const { dataDir } = server;
  const before = readFileSync(join(dataDir, 'secret'), 'utf8').trim();

  const restart = async (env: Record<string, string>) => {
    await server.stop();
    server = await start({ dataDir, env });
    return async () => (await fetch(`${server.url}${url.pathname}${url.search}`)).status;
  };
  const statusWithBoth = await restart({ SECRET: after, SECRET_PREVIOUS: before });
  expect(await statusWithBoth()).toBe(200);
  const client = { ...uploads, url: server.url };
  const fields = { routeSlug: 'notified', contentType: 'text/plain', fileName: 'x.txt', fileSize: 5 };
  const { fileId, uploadUrl } = await request(client, fields);
  expect((await put(uploadUrl, 'hello', 'text/plain')).status).toBe(200);
  await complete(client, fileId);
  const delivery = await waitFor('the webhook', () => receiver.calls[0]);
  expect(delivery.isVerified).toBe(true);
  expect(String(delivery.headers['webhook-signature']).split(' ')).toHaveLength(2);

  // The change was recorded once: a later start with both neither restarts nor ends the seven days.
  expect(await (await restart({ SECRET: after, SECRET_PREVIOUS: before }))()).toBe(200);
  expect(await (await restart({ SECRET: after }))()).toBe(403);
});

import { describe, expect, test } from 'bun:test';
import { mayflyCommand, mayflyOutput } from '../../support/mayfly-command.ts';
import type { MayflyProcess, Runtime } from '../../support/mayfly-process.ts';
import type { PartName } from '../../support/parts.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { answered } from '../expected-answers.ts';
import { webhookServers } from '../webhook-servers.ts';
import {
  type Begun,
  type Client,
  type Completed,
  call,
  complete,
  expectError,
  newClient,
  newRoute,
  put,
  type Requested,
  request,
} from './client.ts';

/** The body of a delivery: Standard Webhooks' type, timestamp and data. */
type DeliveredEvent = {
  type: string;
  timestamp: string;
  data: { file: unknown; metadata: unknown; routeSlug?: unknown };
};

const { start, startShared, receivers } = webhookServers();

/** An account whose file route `notified` has a webhook, and its receiver. */
async function withReceiver(server: MayflyProcess): Promise<{ client: Client; receiver: WebhookReceiver }> {
  let secret = '';
  const receiver = await startWebhookReceiver(() => secret);
  receivers.push(receiver);
  const client = await newClient(server);
  secret = await newRoute(server, client.account, 'notified', [
    '--max-size',
    '20MB',
    '--webhook',
    receiver.url,
  ]);
  // Standard Webhooks, "Signature scheme".
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/);
  return { client, receiver };
}

const notifiedRoute = { routeSlug: 'notified', contentType: 'text/plain', fileName: 'x.txt', fileSize: 5 };

async function announced(client: Client, fields: Record<string, unknown> = {}): Promise<Requested> {
  const requested = await request(client, { ...notifiedRoute, ...fields });
  expect((await put(requested.uploadUrl, 'hello', 'text/plain')).status).toBe(200);
  return requested;
}

const firstCall = (receiver: WebhookReceiver) => waitFor('a call', () => receiver.calls[0]);
const bodyOf = ({ body }: { body: string }) => JSON.parse(body) as DeliveredEvent;

async function webhooks(runtime: Runtime, parts: PartName[]): Promise<void> {
  let started: Promise<MayflyProcess> | undefined;
  const server = () => {
    started ??= start({ runtime });
    return started;
  };

  await suiteWith(parts, `webhooks of file routes on ${runtime}`, () => {
    test('get the completed file and its metadata, with a valid signature', async () => {
      const { client, receiver } = await withReceiver(await server());
      const { fileId } = await announced(client, { metadata: { userId: 'u1', nested: { list: [1, 'ü'] } } });
      expect(receiver.calls).toEqual([]);
      const { file } = await complete(client, fileId, { album: 'summer' });
      const delivery = await firstCall(receiver);
      expect(delivery.isVerified).toBe(true);
      expect(delivery.id).toMatch(/^msg_/);
      expect(delivery.headers['content-type']).toStartWith('application/json');
      expect(Math.abs(delivery.timestamp - Date.now() / 1000)).toBeLessThan(10);
      const { type, timestamp, data } = bodyOf(delivery);
      expect(type).toBe('upload.completed');
      expect(Date.parse(timestamp)).toBe(Date.parse(file.createdAt));
      expect(data.file).toEqual(file);
      expect(data.metadata).toEqual({ userId: 'u1', nested: { list: [1, 'ü'] }, album: 'summer' });
      // It contains no key and no secret.
      expect(delivery.body).not.toContain(client.key);
    });

    test('are called once, for any number of repeated and concurrent completions', async () => {
      const { client, receiver } = await withReceiver(await server());
      const { fileId } = await announced(client);
      await Promise.all(Array.from({ length: 10 }, () => complete(client, fileId)));
      await complete(client, fileId);
      await firstCall(receiver);
      await Bun.sleep(1500);
      expect(receiver.calls).toHaveLength(1);
    });

    test('get files in parts, and no rejected, aborted or incomplete uploads', async () => {
      const { client, receiver } = await withReceiver(await server());
      const missing = await request(client, notifiedRoute);
      await expectError(
        await call(client, 'POST', '/upload/complete', { fileId: missing.fileId }),
        'FILE_NOT_UPLOADED',
      );
      const init = () => answered<Begun>(call(client, 'POST', '/upload/multipart/init', notifiedRoute));
      const { fileId: aborted, uploadId } = await init();
      await answered(call(client, 'POST', '/upload/multipart/abort', { fileId: aborted, uploadId }));
      const upload = await init();
      const response = await fetch(upload.parts[0]?.uploadUrl ?? '', { method: 'PUT', body: 'hello' });
      const parts = [{ partNumber: 1, etag: response.headers.get('etag') }];
      const { file } = await answered<Completed>(
        call(client, 'POST', '/upload/multipart/complete', {
          ...{ fileId: upload.fileId, uploadId: upload.uploadId },
          ...{ parts, metadata: { a: 1 } },
        }),
      );
      const delivery = await firstCall(receiver);
      expect(bodyOf(delivery).data).toMatchObject({ file, metadata: { a: 1 } });
      await Bun.sleep(300);
      expect(receiver.calls).toHaveLength(1);
    });
  });
}

await webhooks('bun', []);
await webhooks('deno', ['deno']);

await suiteWith([], 'a receiver of webhooks', () => {
  test('that hangs delays no completion and no other receiver', async () => {
    const server = await start();
    const [hanging, other] = [await withReceiver(server), await withReceiver(server)];
    hanging.receiver.behave('hang');
    const { fileId } = await announced(hanging.client);
    const began = performance.now();
    await complete(hanging.client, fileId);
    // A call that hangs is aborted after fifteen seconds.
    expect(performance.now() - began).toBeLessThan(10_000);
    await firstCall(hanging.receiver);
    await complete(other.client, (await announced(other.client)).fileId);
    expect((await firstCall(other.receiver)).isVerified).toBe(true);
  });

  test('that fails is called again with the same id, also after a restart', async () => {
    const server = await start();
    const { client, receiver } = await withReceiver(server);
    receiver.behave(500, 200);
    const { fileId } = await announced(client);
    const { file } = await complete(client, fileId);
    const first = await firstCall(receiver);
    await server.stop();
    const again = await start({ dataDir: server.dataDir, env: { PORT: String(server.port) } });
    expect(again.url).toBe(server.url);
    const second = await waitFor('another try', () => receiver.calls[1], { timeoutMs: 20_000 });
    expect(second.id).toBe(first.id);
    expect(second.isVerified).toBe(true);
    expect(second.body).toBe(first.body);
    expect(bodyOf(second).data.file).toEqual(file);
  });

  test('that redirects is not followed', async () => {
    const server = await start();
    const [{ client, receiver }, elsewhere] = [await withReceiver(server), await withReceiver(server)];
    receiver.behave({ redirectTo: elsewhere.receiver.url });
    await complete(client, (await announced(client)).fileId);
    await firstCall(receiver);
    await Bun.sleep(500);
    expect(elsewhere.receiver.calls).toEqual([]);
  });

  test('whose file route was deleted gets nothing more, and open uploads can be completed', async () => {
    const server = await start();
    const { client, receiver } = await withReceiver(server);
    const { fileId } = await announced(client);
    await mayflyOutput(server.dataDir, ['routes', 'delete', 'notified', '--account', client.account]);
    expect((await complete(client, fileId)).id).toBe(fileId);
    await Bun.sleep(1500);
    expect(receiver.calls).toEqual([]);
  });

  describe('without WEBHOOK_ALLOW_PRIVATE', () => {
    test.each([
      'http://127.0.0.1/hook',
      'http://10.0.0.1/',
      'http://[::1]/',
      'ftp://example.com/',
      'nonsense',
    ])('is not accepted at %s', async (url) => {
      const server = await startShared();
      const { account } = await newClient(server);
      const options = ['--account', account, '--max-size', '1MB', '--webhook', url];
      const { code, stdout, stderr } = await mayflyCommand(server.dataDir, [
        'routes',
        'create',
        'x',
        ...options,
      ]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^mayfly: .*webhook.*\n$/);
    });

    test('is not called at a private address, even if the file route was created with one', async () => {
      const server = await start({ env: { WEBHOOK_ALLOW_PRIVATE: 'false' } });
      const { client, receiver } = await withReceiver(server);
      await complete(client, (await announced(client)).fileId);
      await Bun.sleep(1500);
      expect(receiver.calls).toEqual([]);
    });
  });
});

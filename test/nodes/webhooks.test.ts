import { afterAll, expect, test } from 'bun:test';
import { createBucket, deleteObject, putObject } from '../faults/bucket-requests.ts';
import { bytesOf } from '../faults/content.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const bucket = 'watched';
const env = { WEBHOOK_ALLOW_PRIVATE: 'true' };
const objects = 8;
const writesOfEach = 9;

// Rules: docs/contract/shared.md, "Webhook deliveries".
await suiteOnCluster('webhooks of several nodes', { env }, (cluster) => {
  let secret = '';
  let receiver: WebhookReceiver | undefined;
  afterAll(() => receiver?.stop());

  test('receive the events of each object in order, each once, and one call at a time', async () => {
    receiver = await startWebhookReceiver(() => secret);
    const { calls } = receiver;
    receiver.behave({ status: 200, afterMs: 10 });
    const key = await cluster().command('keys', 'create', '--kind', 'storage', '--account', 'acme');
    const { nodes, url } = cluster();
    await createBucket({ url, key }, bucket);
    const created = await fetch(`${url}/v1/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: receiver.url }),
    });
    expect(created.status).toBe(201);
    ({ signingSecret: secret } = (await created.json()) as { signingSecret: string });

    const written = new Map<string, number[]>();
    await Promise.all(
      Array.from({ length: objects }, async (_, index) => {
        const name = `object-${index}`;
        const sizes: number[] = [];
        written.set(name, sizes);
        for (let write = 0; write < writesOfEach; write += 1) {
          const client = { url: nodes[(index + write) % nodes.length]?.url ?? '', key };
          const size = 100 + write;
          await putObject(client, bucket, name, bytesOf(`${name} ${write}`, size));
          sizes.push(size);
        }
        await deleteObject({ url: nodes[index % nodes.length]?.url ?? '', key }, bucket, name);
      }),
    );
    const expected = objects * (writesOfEach + 1);
    await waitFor('all events', () => calls.length >= expected, { timeoutMs: 40_000 });

    expect(calls.every(({ isVerified }) => isVerified)).toBe(true);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(expected);
    expect(calls).toHaveLength(expected);
    const received = new Map<string, (number | string)[]>();
    for (const { body } of calls) {
      const { type, data } = JSON.parse(body) as { type: string; data: { key: string; size: number } };
      const events = received.get(data.key) ?? [];
      events.push(type === 'object.deleted' ? type : data.size);
      received.set(data.key, events);
    }
    for (const [name, sizes] of written) expect(received.get(name)).toEqual([...sizes, 'object.deleted']);
    expect(receiver.mostAtOnce()).toBe(1);
  });

  test('repeat a call of a node that was killed with the same webhook-id', async () => {
    if (receiver === undefined) throw new Error('there is no receiver');
    const { calls } = receiver;
    receiver.behave('hang');
    const before = calls.length;
    const [key = ''] = (
      await cluster().command('keys', 'create', '--kind', 'storage', '--account', 'acme')
    ).split('\n');
    await putObject({ url: cluster().url, key }, bucket, 'last', bytesOf('last', 100));
    const call = await waitFor('the call', () => calls[before]);
    receiver.behave(200);
    await Promise.all(cluster().nodes.map((node) => node.kill()));
    await Promise.all(cluster().nodes.map((_, index) => cluster().restart(index)));
    // The claims of the killed node end after their time, which is not waited for.
    await cluster().query('UPDATE webhooks SET claimed_until = 0');
    await cluster().query("UPDATE webhook_deliveries SET next_attempt_at = 1 WHERE status = 'pending'");
    const again = await waitFor('the next call', () => calls[before + 1], { timeoutMs: 30_000 });
    expect(again.id).toBe(call.id);
    expect(again.body).toBe(call.body);
  });
});

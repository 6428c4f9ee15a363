import { expect, test } from 'bun:test';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { parsePrometheusText } from '../prometheus-text.ts';
import { webhookServers } from '../webhook-servers.ts';
import { answered, done, newBucket, remove, stored } from './client.ts';
import { expectError } from './errors.ts';
import {
  changed,
  type Delivery,
  deliveriesOf,
  type Listener,
  newListener,
  receivedBy,
  redeliver,
  shortly,
} from './webhook-client.ts';

const { start, startShared, receivers } = webhookServers();
const listener = async () => newListener(await startShared(), receivers);

/** The deliveries of a webhook in the order of their entry, once they are as expected. */
function untilDeliveries(
  { client, webhook }: Listener,
  what: string,
  isRight: (deliveries: Delivery[]) => boolean,
): Promise<Delivery[]> {
  return waitFor(
    what,
    async () => {
      const { data } = await deliveriesOf(client, webhook.id);
      return isRight(data) && data.toReversed();
    },
    { timeoutMs: 20_000 },
  );
}

await suiteWith([], 'a receiver of an account’s events', () => {
  test('that hangs delays no write and no other receiver', async () => {
    const [hanging, other] = [await listener(), await listener()];
    hanging.receiver.behave('hang');
    const [{ name }, { name: others }] = [await newBucket(hanging.client), await newBucket(other.client)];
    await stored(hanging.client, name, 'a');
    await waitFor('a call', () => hanging.receiver.calls.length === 1);
    const began = performance.now();
    await stored(hanging.client, name, 'b');
    // A call that hangs is aborted after fifteen seconds.
    expect(performance.now() - began).toBeLessThan(10_000);
    await stored(other.client, others, 'c');
    await waitFor('a call', () => other.receiver.calls.length === 1);
    expect(shortly(receivedBy(other.receiver))).toEqual(['object.created c']);
    expect(hanging.receiver.calls).toHaveLength(1);
  });

  test('that fails still gets the events of each object in order, also after a kill', async () => {
    const server = await start();
    const listening = await newListener(server, receivers);
    const { client, receiver } = listening;
    const { name } = await newBucket(client);
    receiver.behave(500, 200);
    await stored(client, name, 'x', 'one');
    await untilDeliveries(listening, 'a failed try', ([delivery]) => delivery?.lastStatus === 500);
    const two = await stored(client, name, 'x', 'two', {}, 200);
    await done(remove(client, name, 'x'));
    await stored(client, name, 'y');
    // A delivery whose result is not recorded before the kill stays claimed for a minute.
    const waiting = await untilDeliveries(
      listening,
      'the other object',
      (all) => all[0]?.status === 'delivered',
    );
    expect(waiting.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual([
      ...['pending 1', 'pending 0', 'pending 0', 'delivered 1'],
    ]);
    expect(waiting[1]?.nextAttemptAt).toBe(waiting[0]?.nextAttemptAt ?? '');
    await server.kill();
    await start({ dataDir: server.dataDir, env: { PORT: String(server.port) } });
    await untilDeliveries(listening, 'all delivered', (all) =>
      all.every(({ status }) => status === 'delivered'),
    );
    const ofX = receivedBy(receiver).filter(({ data }) => data.key === 'x');
    expect(shortly(ofX)).toEqual([
      ...['object.created x', 'object.created x', 'object.created x', 'object.deleted x'],
    ]);
    expect(ofX[2]?.data).toEqual(two);
    const [first, again] = receiver.calls.filter(({ body }) => body.includes('"x"'));
    expect(again?.id).toBe(first?.id ?? '');
    expect(receiver.calls.every(({ isVerified }) => isVerified)).toBe(true);
  });

  test('that becomes inactive gets no pending deliveries, unless they are requested again', async () => {
    const listening = await listener();
    const { client, receiver, webhook } = listening;
    const { name } = await newBucket(client);
    receiver.behave(503);
    await stored(client, name, 'x', 'one');
    await stored(client, name, 'x', 'two', {}, 200);
    await untilDeliveries(listening, 'a failed try', (all) => all.at(-1)?.lastStatus === 503);
    await changed(client, webhook.id, { active: false });
    const givenUp = (await deliveriesOf(client, webhook.id)).data;
    expect(givenUp.map(({ status, nextAttemptAt }) => [status, nextAttemptAt])).toEqual([
      ['failed', null],
      ['failed', null],
    ]);
    const { id = '' } = givenUp[1] ?? {};
    await expectError(await redeliver(client, webhook.id, id), 'invalid_request');
    await expectError(await redeliver(client, webhook.id, 'msg_unknown'), 'delivery_not_found');
    receiver.behave(200);
    await changed(client, webhook.id, { active: true });
    const again = await answered<Delivery>(redeliver(client, webhook.id, id), 202);
    expect(again).toMatchObject({ id, event: 'object.created', status: 'pending' });
    const deliveries = await untilDeliveries(listening, 'delivered', (all) =>
      all.some(({ status }) => status === 'delivered'),
    );
    expect(deliveries.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['delivered', 2],
      ['failed', 0],
    ]);
    expect(receiver.calls.map((call) => call.id)).toEqual([id, id]);
  });

  test('that is unavailable has a limited number of pending deliveries; drops are logged once and counted in the metrics', async () => {
    const server = await start({ env: { WEBHOOK_MAX_PENDING: '3' } });
    const listening = await newListener(server, receivers);
    const { client, receiver } = listening;
    const { name } = await newBucket(client);
    receiver.behave(503);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await stored(client, name, key);
    const all = await untilDeliveries(listening, 'the deliveries', ({ length }) => length === 4);
    expect(all.map(({ status }) => status)).toEqual(['pending', 'pending', 'pending', 'failed']);
    expect(all[3]).toMatchObject({ event: 'object.created', attempts: 0, nextAttemptAt: null });
    const metrics = parsePrometheusText(await (await fetch(`${server.url}/metrics`)).text());
    expect(metrics.get('mayfly_webhook_events_dropped_total')?.samples[0]?.value).toBe(2);
    await waitFor('the log', () => server.logs().includes('new events are dropped'));
    // A dropped delivery can be requested again.
    expect((await redeliver(client, listening.webhook.id, all[3]?.id ?? '')).status).toBe(202);
  });

  test('has its deliveries listed in pages, the newest first', async () => {
    const listening = await listener();
    const { client, webhook } = listening;
    const { name } = await newBucket(client);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await stored(client, name, key);
    const all = await untilDeliveries(listening, 'all', ({ length }) => length === 5);
    const listed: string[] = [];
    for (let query = '?limit=2'; ; ) {
      const page = await deliveriesOf(client, webhook.id, query);
      listed.push(...page.data.map(({ id }) => id));
      if (page.nextCursor === null) break;
      query = `?limit=2&cursor=${page.nextCursor}`;
    }
    expect(listed).toEqual(all.map(({ id }) => id).toReversed());
  });
});

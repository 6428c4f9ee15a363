import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Timers } from '../../src/core/ports/clock.ts';
import type { WebhookStore } from '../../src/core/ports/webhook-store.ts';
import { Deliveries } from '../../src/core/webhooks/deliveries.ts';
import { webhookSecret } from '../../src/core/webhooks/webhook-secret.ts';
import { GuardedOutbound } from '../../src/stores/outbound/guarded-outbound.ts';
import { openWebhookStore } from '../stores/sqlite/open-webhook-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { noTimers, soonTimers } from './soon-timers.ts';

const second = 1000;
const hour = 3600 * second;
const secretOf = (webhookId: string) => webhookSecret('the server’s secret', webhookId);

let opened: ReturnType<typeof openWebhookStore>;
let receivers: WebhookReceiver[];
let running: Deliveries[];
let ahead: number;
/** The failed tries that the outbox took note of, and when each is tried again. */
let failures: { id: string; nextAttemptAt: number | null }[];
const clock = () => Date.now() + ahead;

beforeEach(() => {
  opened = openWebhookStore();
  receivers = [];
  running = [];
  ahead = 0;
  failures = [];
});

afterEach(async () => {
  for (const receiver of receivers) await receiver.stop();
  await Promise.all(running.map((deliveries) => deliveries.stop()));
});

async function receiverOf(webhookId: string): Promise<WebhookReceiver> {
  const receiver = await startWebhookReceiver(() => secretOf(webhookId));
  receivers.push(receiver);
  await opened.addWebhook(webhookId, receiver.url);
  return receiver;
}

/** The outbox, with something in its way. */
function outboxWith(changes: Partial<WebhookStore> = {}): WebhookStore {
  const { store } = opened;
  return {
    claimDue: (...claim) => store.claimDue(...claim),
    nextDue: (busy) => store.nextDue(busy),
    delivered: (...delivery) => store.delivered(...delivery),
    failed: async (id, status, nextAttemptAt, now) => {
      await store.failed(id, status, nextAttemptAt, now);
      failures.push({ id, nextAttemptAt });
    },
    removeOld: (...removal) => store.removeOld(...removal),
    countPending: () => store.countPending(),
    takeEntered: () => store.takeEntered(),
    ...changes,
  };
}

function create(timers: Timers, store = outboxWith(), onError?: (error: unknown) => void): Deliveries {
  const outbound = new GuardedOutbound({ allowPrivate: true });
  const deliveries = new Deliveries(store, outbound, secretOf, clock, timers, onError);
  running.push(deliveries);
  return deliveries;
}

function start(...settings: Partial<Parameters<typeof create>>): Deliveries {
  const [timers = soonTimers, store, onError] = settings;
  const deliveries = create(timers, store, onError);
  deliveries.start();
  return deliveries;
}

const enter = (webhookId: string, ...ids: string[]) =>
  opened.enter(
    ids.map((id) => {
      return {
        id,
        webhookId,
        event: 'made',
        subject: null,
        body: `{"of":"${id}","ü":1}`,
        createdAt: clock(),
      };
    }),
  );

const untilStatus = (id: string, status: string) =>
  waitFor(`${id} ${status}`, async () => (await opened.look(id))?.status === status);
const idsOf = ({ calls }: WebhookReceiver) => calls.map(({ id }) => id);

describe('an event', () => {
  test('goes out at once when it was nudged, signed, with its body as it is', async () => {
    const receiver = await receiverOf('one');
    const deliveries = start(noTimers);
    await enter('one', 'a');
    deliveries.nudge();
    await untilStatus('a', 'delivered');
    expect(receiver.calls).toHaveLength(1);
    const [call] = receiver.calls;
    expect(call).toMatchObject({ id: 'a', isVerified: true, body: '{"of":"a","ü":1}', path: '/hook' });
    expect(call?.headers['content-type']).toBe('application/json');
    expect(await opened.look('a')).toEqual({ status: 'delivered', lastStatus: 200, attempts: 1 });
  });

  test('goes out without a nudge too, within a second', async () => {
    const receiver = await receiverOf('one');
    const every: number[] = [];
    start({
      ...soonTimers,
      every: (milliseconds, task) => {
        every.push(milliseconds);
        return soonTimers.every(milliseconds, task);
      },
    });
    await enter('one', 'a');
    await untilStatus('a', 'delivered');
    expect(idsOf(receiver)).toEqual(['a']);
    expect(every).toEqual([1000]);
  });

  test('is signed with the secret of its own webhook', async () => {
    const receiver = await startWebhookReceiver(() => secretOf('another'));
    receivers.push(receiver);
    await opened.addWebhook('one', receiver.url);
    start();
    await enter('one', 'a');
    await untilStatus('a', 'delivered');
    expect(receiver.calls.map(({ isVerified }) => isVerified)).toEqual([false]);
  });

  test('of an earlier run is delivered after the start, and none before it', async () => {
    const receiver = await receiverOf('one');
    await enter('one', 'a', 'b');
    const deliveries = create(noTimers);
    deliveries.nudge();
    await Bun.sleep(50);
    expect(receiver.calls).toEqual([]);
    deliveries.start();
    await untilStatus('b', 'delivered');
    expect(idsOf(receiver)).toEqual(['a', 'b']);
  });

  test('whose claimer died goes out when the claim has run out, not before', async () => {
    const receiver = await receiverOf('one');
    await enter('one', 'a');
    await opened.store.claimDue(clock(), clock() + 60 * second, 16, []);
    start();
    await Bun.sleep(50);
    expect(receiver.calls).toEqual([]);
    ahead += 61 * second;
    await untilStatus('a', 'delivered');
    expect(await opened.look('a')).toMatchObject({ attempts: 2 });
  });

  test('is told once, however many processes look at the outbox', async () => {
    const receiver = await receiverOf('one');
    for (let count = 0; count < 4; count += 1) start();
    await enter('one', ...Array.from({ length: 20 }, (_, n) => `e${n}`));
    await waitFor('all', () => receiver.calls.length >= 20);
    await untilStatus('e19', 'delivered');
    await Promise.all(running.map((deliveries) => deliveries.stop()));
    expect(idsOf(receiver).toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `e${n}`).toSorted());
  });
});

describe('a receiver that fails', () => {
  test.each([
    ['an error', 500, 500],
    ['a refusal', 400, 400],
    ['a redirect', { redirectTo: 'http://127.0.0.1:1/' }, 302],
    ['a closed connection', 'close', null],
  ] as const)(
    'with %s is called again, with the same id and a new signature',
    async (_, behaviour, status) => {
      const receiver = await receiverOf('one');
      receiver.behave(behaviour, 200);
      start();
      await enter('one', 'a');
      await waitFor('the note', () => failures.length === 1);
      expect(await opened.look('a')).toEqual({ status: 'pending', lastStatus: status, attempts: 1 });
      ahead += 6 * second;
      await untilStatus('a', 'delivered');
      expect(idsOf(receiver)).toEqual(['a', 'a']);
      expect(receiver.calls.map(({ isVerified }) => isVerified)).toEqual([true, true]);
      const [first, again] = receiver.calls.map(({ timestamp }) => timestamp);
      expect((again ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(5);
    },
  );

  test('is called with growing pauses for 24 hours, and then given up', async () => {
    const receiver = await receiverOf('one');
    receiver.behave(503);
    start();
    const begun = clock();
    await enter('one', 'a');
    const pauses: number[] = [];
    for (let tries = 1; ; tries += 1) {
      await waitFor(`try ${tries}`, () => failures.length === tries);
      const due = failures.at(-1)?.nextAttemptAt;
      if (typeof due !== 'number') break;
      const pause = due - clock();
      pauses.push(pause / second);
      ahead += pause;
    }
    expect(await opened.look('a')).toMatchObject({ status: 'failed', lastStatus: 503 });
    const expected = [5, 30, 120, 600, 1800, 3600, 10_800, 14_400, 14_400, 14_400, 14_400];
    for (const [index, pause] of pauses.slice(0, expected.length).entries()) {
      expect(pause).toBeGreaterThan((expected[index] ?? 0) - 1);
      expect(pause).toBeLessThan((expected[index] ?? 0) * 1.1 + 1);
    }
    expect(pauses.length).toBeGreaterThanOrEqual(expected.length);
    expect(clock() - begun).toBeGreaterThanOrEqual(24 * hour);
    expect(clock() - begun).toBeLessThan(24 * hour + 60 * second);
    expect(new Set(idsOf(receiver))).toEqual(new Set(['a']));
  });

  test('with 410 Gone is not called again', async () => {
    const receiver = await receiverOf('one');
    receiver.behave(410);
    start();
    await enter('one', 'a');
    await untilStatus('a', 'failed');
    expect(await opened.look('a')).toEqual({ status: 'failed', lastStatus: 410, attempts: 1 });
    expect(await opened.store.nextDue()).toBeUndefined();
  });

  test('hears of later events while an earlier one waits for another try', async () => {
    const receiver = await receiverOf('one');
    receiver.behave(500, 200);
    start();
    await enter('one', 'a', 'b');
    await untilStatus('b', 'delivered');
    expect(idsOf(receiver)).toEqual(['a', 'b']);
    expect(await opened.look('a')).toMatchObject({ status: 'pending' });
  });
});

describe('one webhook and another', () => {
  test('each hears one event at a time, in order', async () => {
    const [one, two] = [await receiverOf('one'), await receiverOf('two')];
    const ids = Array.from({ length: 12 }, (_, n) => `e${n}`);
    for (const receiver of [one, two]) receiver.behave({ status: 200, afterMs: 20 });
    start();
    await enter('one', ...ids);
    await enter('two', ...ids.map((id) => `two ${id}`));
    await untilStatus('e11', 'delivered');
    await untilStatus('two e11', 'delivered');
    expect(idsOf(one)).toEqual(ids);
    expect(idsOf(two)).toEqual(ids.map((id) => `two ${id}`));
    expect([one.mostAtOnce(), two.mostAtOnce()]).toEqual([1, 1]);
  });

  test('do not wait for receivers that hang, however many there are, once they are known', async () => {
    const hanging = Array.from({ length: 20 }, (_, n) => `hanging ${n}`);
    for (const id of hanging) {
      const receiver = await receiverOf(id);
      receiver.behave(500, 'hang');
      await enter(id, `first of ${id}`);
    }
    const well = await receiverOf('well');
    start();
    await waitFor('the refusals', () => failures.length === hanging.length);
    for (const id of hanging) await enter(id, `second of ${id}`);
    const called = () => receivers.filter((receiver) => receiver !== well && receiver.calls.length > 1);
    await waitFor('the calls', () => called().length === 8);
    await enter('well', 'a', 'b', 'c');
    await untilStatus('c', 'delivered');
    expect(idsOf(well)).toEqual(['a', 'b', 'c']);
    expect(called()).toHaveLength(8);
  });
});

describe('deliveries', () => {
  test('go on when the outbox was away, and tell of it', async () => {
    const receiver = await receiverOf('one');
    let isAway = true;
    const store = outboxWith({
      nextDue: async () => {
        if (isAway) throw new Error('away');
        return opened.store.nextDue();
      },
    });
    const errors: unknown[] = [];
    start(soonTimers, store, (error) => errors.push(error));
    await enter('one', 'a');
    await waitFor('an error', () => errors.length > 1);
    expect(receiver.calls).toEqual([]);
    isAway = false;
    await untilStatus('a', 'delivered');
  });

  test('let the try that runs end when they stop, and begin no other', async () => {
    const receiver = await receiverOf('one');
    receiver.behave('hang');
    const deliveries = start();
    await enter('one', 'a', 'b');
    await waitFor('the call', () => receiver.calls.length === 1);
    const stopped = deliveries.stop();
    await receiver.stop();
    await stopped;
    expect(await opened.look('a')).toEqual({ status: 'pending', lastStatus: null, attempts: 1 });
    expect(await opened.look('b')).toMatchObject({ attempts: 0 });
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { claimDue } from '../ports/claims.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { DeliveriesScene, idsOf, second, secretOf } from './deliveries-scene.ts';
import { noTimers, soonTimers } from './soon-timers.ts';

let scene: DeliveriesScene;
beforeEach(() => {
  scene = new DeliveriesScene();
});
afterEach(() => scene.end());

describe('an event', () => {
  test('is sent immediately after a nudge, signed, with its body unchanged', async () => {
    const receiver = await scene.receiverOf('one');
    const deliveries = scene.start(noTimers);
    await scene.enter('one', 'a');
    deliveries.nudge();
    await scene.untilStatus('a', 'delivered');
    expect(receiver.calls).toHaveLength(1);
    const [call] = receiver.calls;
    expect(call).toMatchObject({ id: 'a', isVerified: true, body: '{"of":"a","ü":1}', path: '/hook' });
    expect(call?.headers['content-type']).toBe('application/json');
    expect(await scene.opened.look('a')).toEqual({ status: 'delivered', lastStatus: 200, attempts: 1 });
  });

  test('is sent without a nudge too, within a second', async () => {
    const receiver = await scene.receiverOf('one');
    const every: number[] = [];
    scene.start({
      ...soonTimers,
      every: (milliseconds, task) => {
        every.push(milliseconds);
        return soonTimers.every(milliseconds, task);
      },
    });
    await scene.enter('one', 'a');
    await scene.untilStatus('a', 'delivered');
    expect(idsOf(receiver)).toEqual(['a']);
    expect(every).toEqual([1000]);
  });

  test('is signed with the secret of its own webhook', async () => {
    const receiver = await startWebhookReceiver(() => secretOf('another'));
    scene.receivers.push(receiver);
    await scene.opened.addWebhook('one', receiver.url);
    scene.start();
    await scene.enter('one', 'a');
    await scene.untilStatus('a', 'delivered');
    expect(receiver.calls.map(({ isVerified }) => isVerified)).toEqual([false]);
  });

  test('of an earlier run is delivered after the start, not before', async () => {
    const receiver = await scene.receiverOf('one');
    await scene.enter('one', 'a', 'b');
    const deliveries = scene.create(noTimers);
    deliveries.nudge();
    await Bun.sleep(50);
    expect(receiver.calls).toEqual([]);
    deliveries.start();
    await scene.untilStatus('b', 'delivered');
    expect(idsOf(receiver)).toEqual(['a', 'b']);
  });

  test('whose claimer died is sent when the claim has expired, not earlier', async () => {
    const receiver = await scene.receiverOf('one');
    await scene.enter('one', 'a');
    await claimDue(scene.opened.store, scene.clock(), 60 * second);
    scene.start();
    await Bun.sleep(50);
    expect(receiver.calls).toEqual([]);
    scene.ahead += 61 * second;
    await scene.untilStatus('a', 'delivered');
    expect(await scene.opened.look('a')).toMatchObject({ attempts: 2 });
  });

  test('is sent once, however many processes read the outbox', async () => {
    const receiver = await scene.receiverOf('one');
    for (let count = 0; count < 4; count += 1) scene.start();
    await scene.enter('one', ...Array.from({ length: 20 }, (_, n) => `e${n}`));
    await waitFor('all', () => receiver.calls.length >= 20);
    await scene.untilStatus('e19', 'delivered');
    await Promise.all(scene.running.map((deliveries) => deliveries.stop()));
    expect(idsOf(receiver).toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `e${n}`).toSorted());
  });
});

describe('one webhook and another', () => {
  test('each get one event at a time, in order', async () => {
    const [one, two] = [await scene.receiverOf('one'), await scene.receiverOf('two')];
    const ids = Array.from({ length: 12 }, (_, n) => `e${n}`);
    for (const receiver of [one, two]) receiver.behave({ status: 200, afterMs: 20 });
    scene.start();
    await scene.enter('one', ...ids);
    await scene.enter('two', ...ids.map((id) => `two ${id}`));
    await scene.untilStatus('e11', 'delivered');
    await scene.untilStatus('two e11', 'delivered');
    expect(idsOf(one)).toEqual(ids);
    expect(idsOf(two)).toEqual(ids.map((id) => `two ${id}`));
    expect([one.mostAtOnce(), two.mostAtOnce()]).toEqual([1, 1]);
  });

  test('do not wait for any number of receivers that are known to hang', async () => {
    const hanging = Array.from({ length: 20 }, (_, n) => `hanging ${n}`);
    for (const id of hanging) {
      const receiver = await scene.receiverOf(id);
      receiver.behave(500, 'hang');
      await scene.enter(id, `first of ${id}`);
    }
    const well = await scene.receiverOf('well');
    scene.start();
    await waitFor('the refusals', () => scene.failures.length === hanging.length);
    for (const id of hanging) await scene.enter(id, `second of ${id}`);
    const called = () => scene.receivers.filter((receiver) => receiver !== well && receiver.calls.length > 1);
    await waitFor('the calls', () => called().length === 8);
    await scene.enter('well', 'a', 'b', 'c');
    await scene.untilStatus('c', 'delivered');
    expect(idsOf(well)).toEqual(['a', 'b', 'c']);
    expect(called()).toHaveLength(8);
  });
});

describe('deliveries', () => {
  test('continue after the outbox was unavailable, and report it', async () => {
    const receiver = await scene.receiverOf('one');
    let isAway = true;
    const store = scene.outboxWith({
      due: async (now) => {
        if (isAway) throw new Error('away');
        return scene.opened.store.due(now);
      },
    });
    const errors: unknown[] = [];
    scene.start(soonTimers, store, { onError: (error) => errors.push(error) });
    await scene.enter('one', 'a');
    await waitFor('an error', () => errors.length > 1);
    expect(receiver.calls).toEqual([]);
    isAway = false;
    await scene.untilStatus('a', 'delivered');
  });

  test('finish the running try when they stop, and begin no other', async () => {
    const receiver = await scene.receiverOf('one');
    receiver.behave('hang');
    const deliveries = scene.start();
    await scene.enter('one', 'a', 'b');
    await waitFor('the call', () => receiver.calls.length === 1);
    const stopped = deliveries.stop();
    await receiver.stop();
    await stopped;
    expect(await scene.opened.look('a')).toEqual({ status: 'pending', lastStatus: null, attempts: 1 });
    expect(await scene.opened.look('b')).toMatchObject({ attempts: 0 });
  });
});

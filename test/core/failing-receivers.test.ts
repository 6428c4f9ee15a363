import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { hasWaiting } from '../ports/claims.ts';
import { waitFor } from '../support/wait-for.ts';
import { DeliveriesScene, idsOf, second } from './deliveries-scene.ts';

const hour = 3600 * second;

let scene: DeliveriesScene;
beforeEach(() => {
  scene = new DeliveriesScene();
});
afterEach(() => scene.end());

describe('a receiver that fails', () => {
  test.each([
    ['an error', 500, 500],
    ['a refusal', 400, 400],
    ['a redirect', { redirectTo: 'http://127.0.0.1:1/' }, 302],
    ['a closed connection', 'close', null],
  ] as const)(
    'with %s is called again, with the same id and a new signature',
    async (_, behaviour, status) => {
      const receiver = await scene.receiverOf('one');
      receiver.behave(behaviour, 200);
      scene.start();
      await scene.enter('one', 'a');
      await waitFor('the note', () => scene.failures.length === 1);
      expect(await scene.opened.look('a')).toEqual({ status: 'pending', lastStatus: status, attempts: 1 });
      scene.ahead += 6 * second;
      await scene.untilStatus('a', 'delivered');
      expect(idsOf(receiver)).toEqual(['a', 'a']);
      expect(receiver.calls.map(({ isVerified }) => isVerified)).toEqual([true, true]);
      const [first, again] = receiver.calls.map(({ timestamp }) => timestamp);
      expect((again ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(5);
    },
  );

  test('is reported when it begins to fail, and not again before a delivery succeeds', async () => {
    const receiver = await scene.receiverOf('one');
    receiver.behave(500, 500, 200, 'close');
    const reported: unknown[] = [];
    const onFailing = (url: string, cause: unknown) => reported.push([url, cause]);
    scene.start(undefined, undefined, { onFailing });
    await scene.enter('one', 'a');
    for (const tries of [1, 2]) {
      await waitFor(`failure ${tries}`, () => scene.failures.length === tries);
      scene.ahead += 60 * second;
    }
    await scene.untilStatus('a', 'delivered');
    const answered = new Error('the receiver answered 500');
    expect(reported).toEqual([[expect.stringMatching(/^http:/), answered]]);
    await scene.enter('one', 'b');
    await waitFor('the third failure', () => scene.failures.length === 3);
    expect(reported).toHaveLength(2);
  });

  test('is called with growing pauses for 24 hours, and then no more', async () => {
    const receiver = await scene.receiverOf('one');
    receiver.behave(503);
    scene.start();
    const begun = scene.clock();
    await scene.enter('one', 'a');
    const pauses: number[] = [];
    for (let tries = 1; ; tries += 1) {
      await waitFor(`try ${tries}`, () => scene.failures.length === tries);
      const due = scene.failures.at(-1)?.nextAttemptAt;
      if (typeof due !== 'number') break;
      const pause = due - scene.clock();
      pauses.push(pause / second);
      scene.ahead += pause;
    }
    expect(await scene.opened.look('a')).toMatchObject({ status: 'failed', lastStatus: 503 });
    const expected = [5, 30, 120, 600, 1800, 3600, 10_800, 14_400, 14_400, 14_400, 14_400];
    for (const [index, pause] of pauses.slice(0, expected.length).entries()) {
      expect(pause).toBeGreaterThan((expected[index] ?? 0) - 1);
      expect(pause).toBeLessThan((expected[index] ?? 0) * 1.1 + 1);
    }
    expect(pauses.length).toBeGreaterThanOrEqual(expected.length);
    expect(scene.clock() - begun).toBeGreaterThanOrEqual(24 * hour);
    expect(scene.clock() - begun).toBeLessThan(24 * hour + 60 * second);
    expect(new Set(idsOf(receiver))).toEqual(new Set(['a']));
  });

  test('with 410 Gone is not called again', async () => {
    const receiver = await scene.receiverOf('one');
    receiver.behave(410);
    scene.start();
    await scene.enter('one', 'a');
    await scene.untilStatus('a', 'failed');
    expect(await scene.opened.look('a')).toEqual({ status: 'failed', lastStatus: 410, attempts: 1 });
    expect(await hasWaiting(scene.opened.store)).toBe(false);
  });

  test('gets later events while an earlier one waits for a retry', async () => {
    const receiver = await scene.receiverOf('one');
    receiver.behave(500, 200);
    scene.start();
    await scene.enter('one', 'a', 'b');
    await scene.untilStatus('b', 'delivered');
    expect(idsOf(receiver)).toEqual(['a', 'b']);
    expect(await scene.opened.look('a')).toMatchObject({ status: 'pending' });
  });
});

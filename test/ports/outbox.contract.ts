import { beforeEach, describe, expect, test } from 'bun:test';
import type { Outbox, OutgoingEvent } from '../../src/core/ports/webhooks/outbox.ts';
import { claimDue, claimerOf, dueIn, hasWaiting, leaseTime } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';

const now = Date.UTC(2025, 2, 1);
const later = now + 60_000;

export type OutboxUnderTest = {
  store: Outbox;
  /** Adds a webhook to an account, to a new one by default. */
  addWebhook(id: string, url: string, accountId?: string): Promise<void>;
  removeWebhook(id: string): Promise<void>;
  /** Enters events in one transaction, which `undo` rolls back. */
  enter(events: OutgoingEvent[], undo?: boolean): Promise<void>;
  /** The status and last response of a delivery; undefined if it does not exist. */
  look(id: string): Promise<{ status: string; lastStatus: number | null; attempts: number } | undefined>;
};

/** The contract of every outbox (`src/core/ports/webhooks/outbox.ts`). */
export function outboxContract(name: string, open: Open<OutboxUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let opened: OutboxUnderTest;
    let store: Outbox;
    let claimer: ReturnType<typeof claimerOf>;
    beforeEach(async () => {
      opened = (await openStores()).stores;
      store = opened.store;
      claimer = claimerOf(store);
      for (const id of ['one', 'two', 'three']) await opened.addWebhook(id, `https://${id}.example/hook`);
    });

    const about = (subject: string, id: string, webhookId = 'one'): OutgoingEvent => {
      return { ...event(id, webhookId), subject };
    };
    const event = (id: string, webhookId = 'one', createdAt = now): OutgoingEvent => {
      return { id, webhookId, event: 'object.created', subject: null, body: `{"id":"${id}"}`, createdAt };
    };
    const claim = (at = now) => claimer.claim(at);

    test('an event is due at once, and a claim returns everything to send', async () => {
      await opened.enter([event('a')]);
      const accountId = 'account of one';
      expect(await store.due(now)).toEqual([{ id: 'a', webhookId: 'one', accountId }]);
      expect(await store.claim(['a'], now, leaseTime)).toEqual([
        { ...event('a'), accountId, url: 'https://one.example/hook', attempts: 1, claimedUntil: later },
      ]);
      expect(await dueIn(store, later - 1)).toEqual([]);
      expect(await dueIn(store, later)).toEqual(['a']);
    });

    test('an event whose transaction is undone is never due', async () => {
      await expect(opened.enter([event('a')], true)).rejects.toThrow();
      expect(await hasWaiting(store)).toBe(false);
      expect(await claim()).toEqual([]);
    });

    test('nothing is due in an empty outbox, or before its time', async () => {
      expect(await hasWaiting(store)).toBe(false);
      expect(await claim()).toEqual([]);
      await opened.enter([event('a', 'one', later)]);
      expect(await claim(later - 1)).toEqual([]);
      expect(await claim(later)).toEqual(['a']);
    });

    test('a claim takes the oldest due delivery of each webhook', async () => {
      await opened.enter([event('a'), event('b'), event('c', 'two'), event('d', 'two')]);
      expect(await claim()).toEqual(['a', 'c']);
      for (const id of ['a', 'c']) await claimer.delivered(id, 200, now);
      expect(await claim()).toEqual(['b', 'd']);
      for (const id of ['b', 'd']) await claimer.delivered(id, 200, now);
      expect(await claim()).toEqual([]);
    });

    test('a claimed webhook has nothing due, and nothing of it is claimed, until a result or the end of the lease', async () => {
      await opened.enter([event('a'), event('b'), event('c')]);
      expect(await claim()).toEqual(['a']);
      expect(await dueIn(store, later - 1)).toEqual([]);
      expect(await store.claim(['b'], later - 1, leaseTime)).toEqual([]);
      await claimer.failed('a', 500, later + 5000, now);
      expect(await claim()).toEqual(['b']);
      expect(await store.claim(['c'], later - 1, leaseTime)).toEqual([]);
      expect(await claim(later)).toEqual(['c']);
    });

    test('a claim takes the deliveries that it names, if they are due', async () => {
      await opened.enter([event('a'), event('b', 'two'), event('c', 'three', later)]);
      const claimed = await store.claim(['b', 'c', 'unknown', `it's "odd"`], now, leaseTime);
      expect(claimed.map(({ id }) => id)).toEqual(['b']);
      expect(await claim(now)).toEqual(['a']);
    });

    test('the longest due delivery is first', async () => {
      await opened.enter([
        event('a', 'one', now - 10),
        event('b', 'two', now - 30),
        event('c', 'three', now - 20),
      ]);
      expect(await dueIn(store, now)).toEqual(['b', 'c', 'a']);
    });

    test('a claim is exclusive until it ends', async () => {
      await opened.enter([event('a'), event('b', 'two')]);
      const claims = await Promise.all(Array.from({ length: 10 }, () => claim()));
      expect(claims.flat().toSorted()).toEqual(['a', 'b']);
      expect(await claim(later - 1)).toEqual([]);
      expect(await claim(later)).toEqual(['a', 'b']);
      expect(await opened.look('a')).toEqual({ status: 'pending', lastStatus: null, attempts: 2 });
    });

    test('a delivered event is never claimed again', async () => {
      await opened.enter([event('a')]);
      await claim();
      await claimer.delivered('a', 204, now);
      expect(await hasWaiting(store)).toBe(false);
      expect(await claim(later)).toEqual([]);
      expect(await opened.look('a')).toEqual({ status: 'delivered', lastStatus: 204, attempts: 1 });
    });

    test('a failed try is repeated at its time, and does not delay later events', async () => {
      await opened.enter([event('a'), event('b')]);
      await claim();
      await claimer.failed('a', 500, now + 5000, now);
      expect(await opened.look('a')).toEqual({ status: 'pending', lastStatus: 500, attempts: 1 });
      expect(await claim(now + 4999)).toEqual(['b']);
      await claimer.delivered('b', 200, now + 4999);
      expect(await claim(now + 5000)).toEqual(['a']);
    });

    test('a failed delivery is never claimed again', async () => {
      await opened.enter([event('a')]);
      await claim();
      await claimer.failed('a', null, null, now);
      expect(await claim(later)).toEqual([]);
      expect(await opened.look('a')).toEqual({ status: 'failed', lastStatus: null, attempts: 1 });
    });

    describe('a claimer whose lease was lost to another one', () => {
      /** A delivery that is claimed twice. @returns The late claim and the current one. */
      async function claimTwice() {
        await opened.enter([about('x', 'a'), about('x', 'b')]);
        const [late] = await claimDue(store, now, leaseTime);
        const [current] = await claimDue(store, later, leaseTime);
        if (!late || !current) throw new Error('there was nothing to claim');
        return { late, current };
      }
      const unchanged = { status: 'pending', lastStatus: null, attempts: 2 };

      test('changes nothing if it was delivered', async () => {
        const { late } = await claimTwice();
        await store.delivered(late, 200, later);
        expect(await opened.look('a')).toEqual(unchanged);
        expect(await dueIn(store, later + leaseTime - 1)).toEqual([]);
      });

      test('changes nothing if it failed, for now or for good', async () => {
        const { late } = await claimTwice();
        await store.failed(late, 500, later, later);
        await store.failed(late, 500, null, later);
        expect(await opened.look('a')).toEqual(unchanged);
        expect(await dueIn(store, later + leaseTime - 1)).toEqual([]);
      });

      test('does not undo a result', async () => {
        const { late, current } = await claimTwice();
        await store.delivered(current, 200, later);
        await store.failed(late, null, later + 5000, now);
        expect(await opened.look('a')).toMatchObject({ status: 'delivered', lastStatus: 200 });
        expect(await dueIn(store, later)).toEqual(['b']);
      });

      test('does not release the webhook, but records a try that nobody repeated', async () => {
        await opened.enter([event('c'), event('d')]);
        const [late] = await claimDue(store, now, leaseTime);
        if (!late) throw new Error('there was nothing to claim');
        // The lease is over, and another delivery is claimed.
        await store.claim(['d'], later, leaseTime);
        await store.delivered(late, 200, later);
        expect(await opened.look('c')).toMatchObject({ status: 'delivered' });
        await opened.enter([event('e')]);
        expect(await dueIn(store, later + leaseTime - 1)).toEqual([]);
      });
    });

    test('removing a webhook removes its deliveries, and no others', async () => {
      await opened.enter([event('a'), event('b', 'two')]);
      await opened.removeWebhook('one');
      expect(await opened.look('a')).toBeUndefined();
      expect(await claim()).toEqual(['b']);
    });

    test('an event for a removed webhook is dropped, and does not delay others', async () => {
      await opened.enter([event('a', 'unknown'), event('b')]);
      expect(await opened.look('a')).toBeUndefined();
      expect(await claim()).toEqual(['b']);
    });

    test('only old deliveries that have ended are removed, up to a limit', async () => {
      const old = ['a', 'b', 'c', 'd'].map((id, n) => event(id, 'one', now - 1000 - n));
      await opened.enter([...old, event('e', 'one', now)]);
      for (const id of ['a', 'b', 'e']) await claimer.delivered(id, 200, now);
      await claimer.failed('c', 500, null, now);
      expect(await store.removeOld(now, 2)).toMatchObject({ removed: 2 });
      expect(await store.removeOld(now, 2)).toEqual({ removed: 1, isDone: true });
      expect(await store.removeOld(now, 2)).toEqual({ removed: 0, isDone: true });
      expect(await opened.look('e')).toMatchObject({ status: 'delivered' });
      expect(await claim()).toEqual(['d']);
    });

    test('pending deliveries are counted', async () => {
      await opened.enter([event('a'), event('b'), event('c', 'two')]);
      await claimer.delivered('a', 200, now);
      await claimer.failed('b', 500, later, now);
      expect(await store.countPending()).toBe(2);
    });

    describe('deliveries about one subject', () => {
      test('are due one after the other, and do not delay others', async () => {
        await opened.enter([about('x', 'x1'), about('x', 'x2'), about('y', 'y1'), about('x', 'x3')]);
        expect(await claim()).toEqual(['x1']);
        await claimer.failed('x1', 500, later, now);
        expect(await claim()).toEqual(['y1']);
        await claimer.delivered('y1', 200, now);
        expect(await claim(later - 1)).toEqual([]);
        for (const id of ['x1', 'x2', 'x3']) {
          expect(await claim(later)).toEqual([id]);
          await claimer.delivered(id, 200, later);
        }
      });

      test('to different webhooks are independent', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b'), about('x', 'c', 'two')]);
        expect(await claim()).toEqual(['a', 'c']);
      });

      test('wait for an older one that waits for a retry, also later ones', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b')]);
        await claim();
        await claimer.failed('a', 500, now + 5000, now);
        await opened.enter([about('x', 'c'), about('y', 'd')]);
        expect(await claim(now + 4999)).toEqual(['d']);
        await claimer.delivered('d', 200, now + 4999);
        expect(await dueIn(store, now + 4999)).toEqual([]);
        expect(await claim(now + 5000)).toEqual(['a']);
        await claimer.delivered('a', 200, now + 5000);
        expect(await claim(now + 5000)).toEqual(['b']);
      });

      test('wait for one whose claimer crashed, and not for a failed one', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b')]);
        await claim();
        expect(await claim(later)).toEqual(['a']);
        await claimer.failed('a', null, null, later);
        expect(await claim(later)).toEqual(['b']);
      });

      test('stay in order if a late claimer reports its end again', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b'), about('x', 'c')]);
        await claim();
        await claimer.delivered('a', 200, now);
        expect(await claim()).toEqual(['b']);
        await claimer.delivered('a', 200, now);
        await claimer.failed('a', 500, null, now);
        expect(await claim()).toEqual([]);
        await claimer.delivered('b', 200, now);
        expect(await claim()).toEqual(['c']);
      });

      test('become due one after the other, even a thousand, in a short time', async () => {
        await opened.enter(Array.from({ length: 1000 }, (_, n) => about('x', `x${n}`)));
        for (let n = 0; n < 1000; n += 1) {
          expect(await claim()).toEqual([`x${n}`]);
          await claimer.delivered(`x${n}`, 200, now);
        }
        expect(await hasWaiting(store)).toBe(false);
      });
    });
  });
}

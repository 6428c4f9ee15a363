import { beforeEach, describe, expect, test } from 'bun:test';
import type { Outbox, OutgoingEvent } from '../../src/core/ports/outbox.ts';
import { claimDue, dueIn, hasWaiting, leaseTime } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';

const now = Date.UTC(2025, 2, 1);
const later = now + 60_000;

export type OutboxUnderTest = {
  store: Outbox;
  /** Adds a webhook to an account, to one of its own where none is named. */
  addWebhook(id: string, url: string, accountId?: string): Promise<void>;
  removeWebhook(id: string): Promise<void>;
  /** Enters events in one transaction, which is undone where `undo` says so. */
  enter(events: OutgoingEvent[], undo?: boolean): Promise<void>;
  /** The status and the last answer of a delivery; undefined where there is none. */
  look(id: string): Promise<{ status: string; lastStatus: number | null; attempts: number } | undefined>;
};

/** What every webhook store promises (`src/core/ports/outbox.ts`). */
export function outboxContract(name: string, open: Open<OutboxUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let opened: OutboxUnderTest;
    let store: Outbox;
    beforeEach(async () => {
      opened = (await openStores()).stores;
      store = opened.store;
      for (const id of ['one', 'two', 'three']) await opened.addWebhook(id, `https://${id}.example/hook`);
    });

    const about = (subject: string, id: string, webhookId = 'one'): OutgoingEvent => {
      return { ...event(id, webhookId), subject };
    };
    const event = (id: string, webhookId = 'one', createdAt = now): OutgoingEvent => {
      return { id, webhookId, event: 'object.created', subject: null, body: `{"id":"${id}"}`, createdAt };
    };
    const claim = async (at = now) => (await claimDue(store, at, 60_000)).map(({ id }) => id);

    test('an event is due at once, and is claimed with all that is to be told', async () => {
      await opened.enter([event('a')]);
      const accountId = 'account of one';
      expect(await store.due(now)).toEqual([{ id: 'a', webhookId: 'one', accountId }]);
      expect(await store.claim(['a'], now, leaseTime)).toEqual([
        { ...event('a'), accountId, url: 'https://one.example/hook', attempts: 1 },
      ]);
      expect(await dueIn(store, later - 1)).toEqual([]);
      expect(await dueIn(store, later)).toEqual(['a']);
    });

    test('an event whose transaction is undone is never told', async () => {
      await expect(opened.enter([event('a')], true)).rejects.toThrow();
      expect(await hasWaiting(store)).toBe(false);
      expect(await claim()).toEqual([]);
    });

    test('nothing is due where nothing waits, nor before its time', async () => {
      expect(await hasWaiting(store)).toBe(false);
      expect(await claim()).toEqual([]);
      await opened.enter([event('a', 'one', later)]);
      expect(await claim(later - 1)).toEqual([]);
      expect(await claim(later)).toEqual(['a']);
    });

    test('a claim takes one of each webhook, its oldest that is due', async () => {
      await opened.enter([event('a'), event('b'), event('c', 'two'), event('d', 'two')]);
      expect(await claim()).toEqual(['a', 'c']);
      expect(await claim()).toEqual(['b', 'd']);
      expect(await claim()).toEqual([]);
    });

    test('a claim takes what it names, where it is due', async () => {
      await opened.enter([event('a'), event('b', 'two'), event('c', 'three', later)]);
      const claimed = await store.claim(['b', 'c', 'unknown', `it's "odd"`], now, leaseTime);
      expect(claimed.map(({ id }) => id)).toEqual(['b']);
      expect(await claim(now)).toEqual(['a']);
    });

    test('what has been due longest comes first', async () => {
      await opened.enter([
        event('a', 'one', now - 10),
        event('b', 'two', now - 30),
        event('c', 'three', now - 20),
      ]);
      expect(await dueIn(store, now)).toEqual(['b', 'c', 'a']);
    });

    test('a claim is the claimer’s alone until it ends', async () => {
      await opened.enter([event('a'), event('b', 'two')]);
      const claims = await Promise.all(Array.from({ length: 10 }, () => claim()));
      expect(claims.flat().toSorted()).toEqual(['a', 'b']);
      expect(await claim(later - 1)).toEqual([]);
      expect(await claim(later)).toEqual(['a', 'b']);
      expect(await opened.look('a')).toEqual({ status: 'pending', lastStatus: null, attempts: 2 });
    });

    test('what is delivered is never claimed again', async () => {
      await opened.enter([event('a')]);
      await claim();
      await store.delivered('a', 204, now);
      expect(await hasWaiting(store)).toBe(false);
      expect(await claim(later)).toEqual([]);
      expect(await opened.look('a')).toEqual({ status: 'delivered', lastStatus: 204, attempts: 1 });
    });

    test('a failed try is repeated when it is to be, and lets later events past until then', async () => {
      await opened.enter([event('a'), event('b')]);
      await claim();
      await store.failed('a', 500, now + 5000, now);
      expect(await opened.look('a')).toEqual({ status: 'pending', lastStatus: 500, attempts: 1 });
      expect(await claim(now + 4999)).toEqual(['b']);
      expect(await claim(now + 5000)).toEqual(['a']);
    });

    test('a delivery that is given up is never claimed again', async () => {
      await opened.enter([event('a')]);
      await claim();
      await store.failed('a', null, null, now);
      expect(await claim(later)).toEqual([]);
      expect(await opened.look('a')).toEqual({ status: 'failed', lastStatus: null, attempts: 1 });
    });

    test('a late claimer’s failure does not undo a delivery', async () => {
      await opened.enter([event('a')]);
      await claim();
      await claim(later);
      await store.delivered('a', 200, later);
      await store.failed('a', null, later + 5000, now);
      expect(await opened.look('a')).toMatchObject({ status: 'delivered', lastStatus: 200 });
      expect(await hasWaiting(store)).toBe(false);
    });

    test('a webhook that is removed takes its deliveries along, and no others', async () => {
      await opened.enter([event('a'), event('b', 'two')]);
      await opened.removeWebhook('one');
      expect(await opened.look('a')).toBeUndefined();
      expect(await claim()).toEqual(['b']);
    });

    test('an event for a webhook that is gone is passed over, and holds up no other', async () => {
      await opened.enter([event('a', 'unknown'), event('b')]);
      expect(await opened.look('a')).toBeUndefined();
      expect(await claim()).toEqual(['b']);
    });

    test('old deliveries are removed when they are over, and no others, so many at once', async () => {
      const old = ['a', 'b', 'c', 'd'].map((id, n) => event(id, 'one', now - 1000 - n));
      await opened.enter([...old, event('e', 'one', now)]);
      for (const id of ['a', 'b', 'e']) await store.delivered(id, 200, now);
      await store.failed('c', 500, null, now);
      expect(await store.removeOld(now, 2)).toMatchObject({ removed: 2 });
      expect(await store.removeOld(now, 2)).toEqual({ removed: 1, isDone: true });
      expect(await store.removeOld(now, 2)).toEqual({ removed: 0, isDone: true });
      expect(await opened.look('e')).toMatchObject({ status: 'delivered' });
      expect(await claim()).toEqual(['d']);
    });

    test('the deliveries that wait are counted', async () => {
      await opened.enter([event('a'), event('b'), event('c', 'two')]);
      await store.delivered('a', 200, now);
      await store.failed('b', 500, later, now);
      expect(await store.countPending()).toBe(2);
    });

    describe('deliveries about one subject', () => {
      test('are due one after the other, however many there are; others go past', async () => {
        await opened.enter([about('x', 'x1'), about('x', 'x2'), about('y', 'y1'), about('x', 'x3')]);
        expect(await claim()).toEqual(['x1']);
        expect(await claim()).toEqual(['y1']);
        expect(await claim(later - 1)).toEqual([]);
        await store.delivered('x1', 200, now);
        expect(await claim()).toEqual(['x2']);
        await store.delivered('x2', 200, now);
        expect(await claim()).toEqual(['x3']);
      });

      test('to different webhooks have nothing to do with each other', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b'), about('x', 'c', 'two')]);
        expect(await claim()).toEqual(['a', 'c']);
      });

      test('wait while an older one waits for another try, also those that come meanwhile', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b')]);
        await claim();
        await store.failed('a', 500, now + 5000, now);
        await opened.enter([about('x', 'c'), about('y', 'd')]);
        expect(await claim(now + 4999)).toEqual(['d']);
        expect(await dueIn(store, now + 4999)).toEqual([]);
        expect(await claim(now + 5000)).toEqual(['a']);
        await store.delivered('a', 200, now + 5000);
        expect(await claim(now + 5000)).toEqual(['b']);
      });

      test('wait for one whose claimer died, and not for one that is given up', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b')]);
        await claim();
        expect(await claim(later)).toEqual(['a']);
        await store.failed('a', null, null, later);
        expect(await claim(later)).toEqual(['b']);
      });

      test('stay in order where a late claimer tells of its end once more', async () => {
        await opened.enter([about('x', 'a'), about('x', 'b'), about('x', 'c')]);
        await claim();
        await store.delivered('a', 200, now);
        expect(await claim()).toEqual(['b']);
        await store.delivered('a', 200, now);
        await store.failed('a', 500, null, now);
        expect(await claim()).toEqual([]);
        await store.delivered('b', 200, now);
        expect(await claim()).toEqual(['c']);
      });

      test('are due one by one in a thousand, at the cost of a few', async () => {
        await opened.enter(Array.from({ length: 1000 }, (_, n) => about('x', `x${n}`)));
        for (let n = 0; n < 1000; n += 1) {
          expect(await claim()).toEqual([`x${n}`]);
          await store.delivered(`x${n}`, 200, now);
        }
        expect(await hasWaiting(store)).toBe(false);
      });
    });
  });
}

import { beforeEach, describe, expect, test } from 'bun:test';
import { Failure, storeAway } from '../../src/core/failure.ts';
import { OutcomeUnknown } from '../../src/core/outcome-unknown.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import { Retries } from '../../src/core/retries.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { failureOf } from './failure-of.ts';
import { idempotencyOn } from './one-node.ts';
import { SettableTime } from './settable-time.ts';

let time: SettableTime;
let retries: Retries;
let isAway: boolean;
let calls: string[];

beforeEach(() => {
  time = new SettableTime();
  retries = new Retries(time.timers);
  [isAway, calls] = [false, []];
});

/** A task that notes its calls, and fails while storage is away. */
const task = (name: string) => async () => {
  calls.push(name);
  if (isAway) throw storeAway();
};

/** Storage is back after this many waits. */
function comesBackAfter(waits: number): void {
  time.onRest = () => {
    isAway &&= time.rests.length < waits;
  };
}

describe('a task', () => {
  test('that succeeds runs once', async () => {
    await retries.run(task('one'));
    await time.advance(0);
    expect([calls, time.rests]).toEqual([['one'], []]);
  });

  test('that fails runs again until storage is back, after 0.1 s at first and 1 s at most', async () => {
    isAway = true;
    comesBackAfter(6);
    await retries.run(task('one'));
    expect(calls).toEqual(['one']);
    for (let turn = 0; turn < 10; turn += 1) await time.advance(0);
    expect(time.rests).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(calls).toHaveLength(7);
  });

  test('that keeps failing does not hold up the others', async () => {
    isAway = true;
    comesBackAfter(1);
    let tries = 0;
    const alwaysFull = async () => {
      tries += 1;
      if (tries < 20) throw new Failure('no_room', 'full');
    };
    await Promise.all([retries.run(alwaysFull), retries.run(task('one')), retries.run(task('two'))]);
    calls = [];
    for (let turn = 0; turn < 5; turn += 1) await time.advance(0);
    expect(calls).toEqual(['one', 'two']);
  });

  test('with a fault of its own runs once', async () => {
    await retries.run(async () => {
      calls.push('faulty');
      throw new TypeError('a fault');
    });
    await time.advance(0);
    expect([calls, time.rests]).toEqual([['faulty'], []]);
  });

  test('is dropped at the end of the process', async () => {
    isAway = true;
    time.onRest = () => retries.stop();
    await retries.run(task('one'));
    for (let turn = 0; turn < 5; turn += 1) await time.advance(0);
    expect([calls, time.rests]).toEqual([['one'], [100]]);
  });
});

describe('an Idempotency-Key whose request failed while storage was away', () => {
  const request = { scope: '198.51.100.1', key: 'order-66', identity: 'POST /payloads {}' };

  /** Idempotent requests over a store that is away whenever the test says so. */
  function withOutages(answersClaims = true) {
    const { idempotency: store } = openTemporaryStores();
    const over = {
      claim: async (...claim: Parameters<IdempotencyStore['claim']>) => {
        if (isAway) throw storeAway();
        const claimed = await store.claim(...claim);
        isAway ||= !answersClaims;
        if (isAway) throw new OutcomeUnknown();
        return claimed;
      },
      release: async (...release: Parameters<IdempotencyStore['release']>) => {
        if (isAway) throw storeAway();
        await store.release(...release);
      },
      renew: async () => undefined,
    } as unknown as IdempotencyStore;
    return {
      first: idempotencyOn(over, time),
      /** Another process, which never meets an outage. */
      other: idempotencyOn(store, time),
    };
  }

  const failing = (error: unknown) => async () => {
    isAway = true;
    throw error;
  };

  test.each([
    ['fails', storeAway()],
    ['has an unknown outcome', new OutcomeUnknown()],
  ])('and %s is free as soon as storage is back, long before its lease ends', async (_, error) => {
    const { first, other } = withOutages();
    time.onRest = () => {
      isAway &&= time.rests.length < 3;
    };
    expect((await failureOf(() => first.once(request, failing(error)))).code).toBe('store_away');
    expect((await failureOf(() => other.once(request, async () => 'done'))).code).toBe(
      'idempotency_in_progress',
    );
    for (let turn = 0; turn < 5; turn += 1) await time.advance(0);
    expect(await other.once(request, async () => 'done')).toEqual({ result: 'done', replayed: false });
  });

  test('is free too if the outcome of its claim is unknown', async () => {
    const { first, other } = withOutages(false);
    expect((await failureOf(() => first.once(request, async () => 'done'))).code).toBe('store_away');
    time.onRest = () => {
      isAway = false;
    };
    for (let turn = 0; turn < 5; turn += 1) await time.advance(0);
    expect(await other.once(request, async () => 'done')).toEqual({ result: 'done', replayed: false });
  });
});

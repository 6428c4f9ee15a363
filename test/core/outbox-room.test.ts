import { expect, test } from 'bun:test';
import type { OutboxVerdict } from '../../src/core/ports/webhooks/outbox.ts';
import { OutboxRoom } from '../../src/core/webhooks/outbox-room.ts';
import { SettableTime } from './settable-time.ts';

const many = (count: number, event: () => OutboxVerdict | undefined) =>
  Array.from({ length: count }, () => event());

/** A room with this limit, over an outbox whose pending count the test sets. */
function roomFor(maxPending: number) {
  const reported: [string, boolean][] = [];
  const outbox = { waits: 0, counts: 0 };
  const time = new SettableTime();
  const room = new OutboxRoom(maxPending, time.clock, (...drop) => reported.push(drop));
  const countPending = () => {
    outbox.counts += 1;
    return outbox.waits;
  };
  /** @param attempts How often the transaction runs; only its last attempt is committed. */
  const enter = (webhook = 'a', attempts = 1) => {
    let verdict: OutboxVerdict | undefined;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const admissions = room.begin();
      verdict = admissions.admit(webhook, admissions.needsCount(webhook) ? countPending() : undefined);
      if (attempt === attempts) admissions.commit();
    }
    return verdict;
  };
  return { time, outbox, reported, enter };
}

test('as many events are accepted as there is room for; the next one is reported, and all others are dropped', () => {
  const { outbox, reported, enter } = roomFor(5);
  outbox.waits = 3;
  expect(many(2, enter)).toEqual(['pending', 'pending']);
  outbox.waits = 5;
  expect(many(3, enter)).toEqual(['failed', 'dropped', 'dropped']);
  expect(reported).toEqual([
    ['a', true],
    ['a', false],
    ['a', false],
  ]);
  outbox.waits = 0;
  expect(enter('b')).toBe('pending');
});

test('a delivery frees room immediately if there was some, and within ten seconds if there was none', () => {
  const { time, outbox, enter } = roomFor(5);
  expect(many(50, enter)).toEqual(many(50, () => 'pending'));
  outbox.waits = 5;
  expect(enter()).toBe('failed');
  outbox.waits = 0;
  time.now += 9999;
  expect(enter()).toBe('dropped');
  time.now += 1;
  expect(enter()).toBe('pending');
});

test('pending deliveries are counted once while there is room, and every ten seconds while events are dropped', () => {
  const { outbox, enter } = roomFor(1000);
  many(1000, enter);
  expect(outbox.counts).toBe(1);
  outbox.waits = 1000;
  many(5000, enter);
  expect(outbox.counts).toBe(2);
});

test('an outbox that stays nearly full is not counted for each event', () => {
  const { time, outbox, enter } = roomFor(1000);
  outbox.waits = 999;
  many(500, enter);
  expect(outbox.counts).toBe(1);
  time.now += 10_000;
  expect(enter()).toBe('pending');
  outbox.waits = 990;
  time.now += 10_000;
  // A hundredth of the limit is worth a count.
  expect(many(500, enter)).toEqual(many(500, () => 'pending'));
  expect(outbox.counts).toBe(52);
});

test('dropped events are reported once an hour', () => {
  const { time, outbox, reported, enter } = roomFor(1);
  outbox.waits = 1;
  for (let minute = 0; minute < 150; minute += 1) {
    enter();
    time.now += 60_000;
  }
  expect(reported).toHaveLength(150);
  expect(reported.filter(([, isReported]) => isReported)).toHaveLength(3);
});

test('a clock that is set back does not keep the room closed', () => {
  const { time, outbox, enter } = roomFor(1);
  outbox.waits = 1;
  enter();
  outbox.waits = 0;
  time.now -= 86_400_000;
  expect(enter()).toBe('pending');
});

test('0 means no limit, and nothing is counted', () => {
  const { outbox, enter } = roomFor(0);
  outbox.waits = 1_000_000;
  expect([enter(), outbox.counts]).toEqual(['pending', 0]);
});

test('a transaction that is undone and runs again takes its room once, and reports once', () => {
  const { outbox, reported, enter } = roomFor(2);
  expect([enter('a', 3), enter('a', 3)]).toEqual(['pending', 'pending']);
  outbox.waits = 2;
  expect([enter('a', 3), enter('a', 3)]).toEqual(['failed', 'dropped']);
  expect(reported).toEqual([
    ['a', true],
    ['a', false],
  ]);
});

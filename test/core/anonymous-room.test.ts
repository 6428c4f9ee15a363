import { describe, expect, test } from 'bun:test';
import {
  type AnonymousLimit,
  AnonymousRoom,
  MeteredAnonymousRoom,
} from '../../src/core/content/anonymous-room.ts';
import { failureOf } from './failure-of.ts';

/** A room over numbers that the test sets. */
function roomOver(limit: NonNullable<AnonymousLimit>, free: number | undefined = 0) {
  const state = { now: 0, stored: 0, databaseBytes: 0, blobBytes: 0, free, readings: 0 };
  const meter = {
    usage: async () => state,
    isAnonymous: async (accountId: string) => accountId === 'guest',
    anonymousBytes: async () => {
      state.readings += 1;
      return state.stored;
    },
  };
  const room = new MeteredAnonymousRoom({
    limit,
    minFreeSpace: 100,
    meter,
    disk: { freeSpace: async () => state.free },
    clock: () => state.now,
  });
  return { room, state, meter };
}

const refusal = async (room: MeteredAnonymousRoom, bytes: number) => failureOf(async () => room.admit(bytes));

describe('the room of anonymous callers', () => {
  test('is their limit, less what they store and what is in flight', async () => {
    const { room, state } = roomOver(1000);
    state.stored = 300;
    await room.admit(600);
    expect(await refusal(room, 101)).toMatchObject({
      code: 'no_room',
      retryAfterSeconds: expect.any(Number),
    });
    await room.admit(100);
    state.stored = 1000;
    room.settle(600);
    room.settle(100);
    expect(await refusal(room, 1)).toMatchObject({ code: 'no_room' });
  });

  test('is checked without a promise, except for the first time in a second, and before a rejection', async () => {
    const { room, state } = roomOver(1000);
    expect(room.admit(1)).toBeInstanceOf(Promise);
    await Promise.resolve();
    await room.look(1);
    expect(room.admit(1)).toBeUndefined();
    expect(room.look(1)).toBeUndefined();
    state.now = 1000;
    expect(room.admit(1)).toBeInstanceOf(Promise);
  });

  test('is free again as soon as something was removed', async () => {
    const { room, state } = roomOver(1000);
    state.stored = 1000;
    expect(await refusal(room, 1)).toBeDefined();
    state.stored = 0;
    await room.admit(1000);
    room.settle(1000);
  });

  test('of 0 accepts nothing, not even empty content', async () => {
    const { room } = roomOver(0);
    expect(await refusal(room, 0)).toMatchObject({ code: 'no_room' });
  });

  test('by default is half of what is stored plus what is free above the minimum', async () => {
    const { room, state } = roomOver('half', 1100);
    Object.assign(state, { databaseBytes: 400, blobBytes: 600, stored: 500 });
    expect(await refusal(room, 501)).toMatchObject({ code: 'no_room' });
    await room.admit(500);
  });

  test('is shared by content without an account and content of anonymous accounts, and does not exist without a limit', async () => {
    const { room, meter } = roomOver(1000);
    const limited = new AnonymousRoom(room, meter);
    expect([limited.shared, await limited.of('guest'), await limited.of('named')]).toEqual([
      room,
      room,
      undefined,
    ]);
    const unlimited = new AnonymousRoom(undefined, meter);
    expect([unlimited.shared, await unlimited.of('guest')]).toEqual([undefined, undefined]);
  });
});

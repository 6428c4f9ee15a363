import { describe, expect, test } from 'bun:test';
import { KiB, MiB, scene, silence } from './bodies-scene.ts';
import { failureOf } from './failure-of.ts';

describe('the memory of bodies', () => {
  test('counts bytes that arrived, not the announced ones, and is given back once', async () => {
    const { large, open } = scene();
    const body = open({ length: 20 * MiB });
    await body.hold(100);
    await body.hold(50);
    expect(large.taken).toBe(150);
    body.end();
    body.end();
    expect(large.taken).toBe(0);
  });

  test('of one address is at most a quarter, and others continue', async () => {
    const { open } = scene();
    await open().hold(4 * MiB);
    expect(await failureOf(() => open().hold(1))).toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: expect.any(Number),
    });
    await open({ client: '192.0.2.2' }).hold(1);
  });

  test('that is full of large bodies is still available for small ones', async () => {
    const { open, small } = scene();
    await open({ client: 'a' }).hold(4 * MiB);
    await open({ client: 'b' }).hold(4 * MiB);
    await open({ client: 'c', length: 64 * KiB }).hold(64 * KiB);
    expect(small.taken).toBe(64 * KiB);
  });

  test('of small bodies is left by one of unknown length that outgrows it', async () => {
    const { open, small, large } = scene();
    const body = open({ length: undefined });
    await body.hold(60 * KiB);
    expect([small.taken, large.taken]).toEqual([60 * KiB, 0]);
    await body.hold(5 * KiB);
    expect([small.taken, large.taken]).toEqual([0, 65 * KiB]);
    body.end();
    expect(large.taken).toBe(0);
  });

  test('that is full is freed by the slowest body, which gets 408', async () => {
    const { open, holding, large } = scene();
    const slow = await holding(2 * MiB, 9000, { client: 'a' });
    const small = await holding(1 * MiB, 2000, { client: 'b' });
    const fast = await holding(3 * MiB, 1000, { client: 'b' });
    const other = await holding(2 * MiB, 1000, { client: 'c' });
    await open({ client: 'd' }).hold(100);
    expect(await failureOf(() => slow.next)).toMatchObject({ code: 'request_timeout' });
    for (const { body } of [small, fast, other]) expect(body.failure).toBeUndefined();
    expect(large.taken).toBe(6 * MiB + 100);
    slow.body.end();
    expect(large.taken).toBe(6 * MiB + 100);
  });

  test.each([
    ['stalled', 1500],
    ['also just begun', 100],
  ])('that is full is not taken from a body that has just begun, while another is %s', async (_, age) => {
    const { time, open, holding } = scene();
    const burst = [];
    for (const client of ['a', 'a', 'b', 'b']) burst.push(await holding(2 * MiB, 0, { client }));
    time.now += age;
    const { body } = await holding(16 * KiB, 5, { client: 'c' });
    await body.hold(16 * KiB);
    await open({ client: 'd' }).hold(4 * MiB);
    expect(body.failure).toBeUndefined();
    expect(burst.map(({ body }) => body.failure !== undefined)).toEqual([true, true, true, false]);
  });

  test('that is full is also freed by small bodies, as many as needed', async () => {
    const { open, holding, large } = scene();
    const slow = [];
    for (let each = 0; each < 8; each += 1)
      slow.push(await holding(1 * MiB, 1000, { client: each < 4 ? 'a' : 'b' }));
    await open({ client: 'c' }).hold(1.5 * MiB);
    expect(slow.filter(({ body }) => body.failure !== undefined).length).toBe(2);
    expect(large.taken).toBe(7.5 * MiB);
  });

  test('is not taken for an empty chunk, and a body without bytes is not ended for others', async () => {
    const { open, large } = scene();
    const empty = open({ client: 'e' });
    await empty.hold(0);
    for (const client of ['a', 'b']) {
      const body = open({ client });
      await body.hold(4 * MiB);
      body.complete();
    }
    expect(await failureOf(() => open({ client: 'c' }).hold(1))).toMatchObject({ code: 'server_busy' });
    expect([empty.failure, large.taken]).toEqual([undefined, 8 * MiB]);
  });

  test('of small bodies that is used up by announced lengths blocks no one, because only arrived bytes count', async () => {
    const { bodies, open, small, large } = scene();
    for (const client of ['a', 'b', 'c', 'd'])
      expect(
        await bodies.openSmall({ client, account: undefined, isUpload: false, length: 64 * KiB }),
      ).toBeDefined();
    expect(
      await bodies.openSmall({ client: 'a', account: undefined, isUpload: false, length: 1 }),
    ).toBeUndefined();
    expect(
      await bodies.openSmall({ client: 'e', account: undefined, isUpload: false, length: 1 }),
    ).toBeUndefined();
    await open({ client: 'a', length: 100 }).hold(100);
    const body = open({ client: 'e', length: 64 * KiB });
    await body.hold(10);
    await body.hold(20);
    expect([small.taken, large.taken]).toEqual([256 * KiB, 130]);
    body.end();
    expect(large.taken).toBe(100);
  });

  test('may end the requesting body itself if it is the slowest', async () => {
    const { holding, large } = scene();
    const { body } = await holding(2 * MiB, 20_000, { client: 'c' });
    await holding(4 * MiB, 1000, { client: 'a' });
    await holding(2 * MiB, 1000, { client: 'b' });
    expect(await failureOf(() => body.hold(1))).toMatchObject({ code: 'request_timeout' });
    expect(large.taken).toBe(6 * MiB);
  });

  test('that is full of complete bodies causes 503', async () => {
    const { open } = scene();
    for (const client of ['a', 'b']) {
      const body = open({ client });
      await body.hold(4 * MiB);
      body.complete();
    }
    expect(await failureOf(() => open({ client: 'c' }).hold(1))).toMatchObject({
      code: 'server_busy',
      retryAfterSeconds: expect.any(Number),
    });
  });
});

describe('the time of bodies', () => {
  test('ends a silent one after 30 seconds, and frees its memory immediately', async () => {
    const { time, open, large } = scene();
    const body = open();
    await body.hold(5000);
    const ended = failureOf(() => body.wait(silence()));
    await time.advance(29_000);
    expect(large.taken).toBe(5000);
    await time.advance(2000);
    expect((await ended).code).toBe('request_timeout');
    expect(large.taken).toBe(0);
  });

  test('ends one that is read in one call and does not arrive', async () => {
    const { time, bodies, small } = scene();
    const body = await bodies.openSmall({
      client: '192.0.2.1',
      account: undefined,
      isUpload: false,
      length: 64 * KiB,
    });
    if (body === undefined) throw new Error('there was memory for it');
    const failures: Error[] = [];
    body.abandon = (failure) => failures.push(failure);
    expect(small.taken).toBe(64 * KiB);
    await time.advance(63_000);
    expect(failures).toEqual([]);
    await time.advance(1000);
    expect(failures[0]).toMatchObject({ code: 'request_timeout' });
    body.end();
    body.end();
    expect(small.taken).toBe(0);
  });

  test('is not affected when the clock is set', async () => {
    const { time, bodies, open } = scene();
    const body = open();
    body.wait(silence()).catch(() => undefined);
    const small = await bodies.openSmall({
      client: '192.0.2.1',
      account: undefined,
      isUpload: false,
      length: 100,
    });
    if (small === undefined) throw new Error('there was memory for it');
    const failures: Error[] = [];
    small.abandon = (failure) => failures.push(failure);
    time.now += 600_000;
    await time.advance(2000);
    time.now -= 1_200_000;
    await time.advance(2000);
    expect([body.failure, failures]).toEqual([undefined, []]);
  });

  test('does not pass while a store stalls, and after the body is complete', async () => {
    const { time, open } = scene();
    const body = open();
    await body.wait(Promise.resolve());
    body.arrived(10);
    await time.advance(3_600_000);
    await body.wait(Promise.resolve());
    body.complete();
    await time.advance(3_600_000);
    expect(body.failure).toBeUndefined();
  });

  test('lifts the idle limit of the runtime only for a long body, until it ends', async () => {
    const { time, open, idle } = scene();
    open().end();
    const body = open();
    await time.advance(1000);
    expect(idle).toEqual([]);
    await time.advance(2000);
    expect(idle).toEqual(['suspended']);
    body.end();
    expect(idle).toEqual(['suspended', 'resumed']);
  });

  test('is checked by one timer, which stops when no body is open', async () => {
    const { time, open } = scene();
    const bodies = [open(), open()];
    expect(time.running).toBe(1);
    for (const body of bodies) body.end();
    await time.advance(1000);
    expect(time.running).toBe(0);
  });

  test('takes no place when its bytes arrive after its end', () => {
    const { open, uploadsOfClients } = scene();
    const body = open({ isUpload: true });
    body.end();
    body.arrived(2 * MiB);
    expect(uploadsOfClients.taken).toBe(0);
  });
});

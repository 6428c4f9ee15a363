import { describe, expect, test } from 'bun:test';
import { SmallBody } from '../../src/core/bodies/small-body.ts';
import { MiB, scene, silence } from './bodies-scene.ts';
import { failureOf } from './failure-of.ts';

describe('concurrent uploads', () => {
  test('count when they have been open for two seconds, by address', async () => {
    const { time, open } = scene();
    const uploads = [1, 2, 3].map(() => open({ isUpload: true, mayPause: true }));
    const other = open({ isUpload: true, mayPause: true, client: '192.0.2.2' });
    await time.advance(3000);
    expect(uploads.map(({ failure }) => failure?.message)).toEqual([
      undefined,
      undefined,
      'Too many uploads at once: wait until one has ended',
    ]);
    expect(other.failure).toBeUndefined();
    expect(await failureOf(() => uploads[2]?.wait(silence()))).toMatchObject({ code: 'rate_limited' });
  });

  test('count in the same way if they are small and read in one call', async () => {
    const { time, bodies, uploadsOfClients } = scene();
    const failures: (Error | undefined)[] = [];
    const small = [0, 1, 2].map((each) => {
      const body = bodies.openSmall({ client: 'a', account: undefined, isUpload: true, length: 10 });
      if (!(body instanceof SmallBody)) throw new Error('there was memory for it');
      body.abandon = (failure) => {
        failures[each] = failure;
      };
      return body;
    });
    await time.advance(1000);
    expect(uploadsOfClients.taken).toBe(0);
    await time.advance(2000);
    expect(uploadsOfClients.taken).toBe(2);
    expect(failures).toEqual([undefined, undefined, expect.objectContaining({ code: 'rate_limited' })]);
    for (const body of small) body.end();
    expect(uploadsOfClients.taken).toBe(0);
  });

  test('count when they have sent 1 MiB, and free their place when they end', async () => {
    const { open, uploadsOfClients } = scene();
    const bring = (bytes: number) => {
      const body = open({ isUpload: true });
      body.arrived(bytes);
      return body;
    };
    const first = bring(MiB);
    bring(MiB);
    bring(MiB - 1);
    expect(await failureOf(() => bring(MiB))).toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: expect.any(Number),
    });
    first.end();
    bring(MiB);
    expect(uploadsOfClients.taken).toBe(2);
  });

  test('of an account count for it, not for the address', () => {
    const { open, uploadsOfAccounts, uploadsOfClients } = scene();
    for (let index = 0; index < 3; index += 1) open({ isUpload: true, account: 'a' }).arrived(MiB);
    expect(() => open({ isUpload: true, account: 'a' }).arrived(MiB)).toThrow('Too many uploads at once');
    expect([uploadsOfAccounts.taken, uploadsOfClients.taken]).toEqual([3, 0]);
  });

  test('do not include bodies that are not uploads', async () => {
    const { time, open, uploadsOfClients } = scene();
    for (let index = 0; index < 5; index += 1) open().arrived(MiB);
    await time.advance(5000);
    expect(uploadsOfClients.taken).toBe(0);
  });
});

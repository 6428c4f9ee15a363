import { beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { ContentFingerprint } from '../../src/core/content/content-fingerprint.ts';
import { readToEnd } from '../../src/core/content/counted-bytes.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Idempotency, IdempotentRequest } from '../../src/core/idempotency.ts';
import type { CreatedPayload } from '../../src/core/payloads/payloads.ts';
import { somePayload } from '../ports/some-payload.ts';
import { openTemporaryStores, type TemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { failureOf } from './failure-of.ts';
import { idempotencyOn } from './one-node.ts';
import { SettableTime } from './settable-time.ts';

const hour = 3_600_000;
const request: IdempotentRequest = { scope: '198.51.100.1', key: 'order-66', identity: 'POST /payloads {}' };

let time: SettableTime;
let stores: TemporaryStores;
let idempotency: Idempotency;
let writes: number;

beforeEach(() => {
  time = new SettableTime();
  stores = openTemporaryStores();
  idempotency = idempotencyOn(stores.idempotency, time);
  writes = 0;
});

/** A write like that of payloads: the row and the encrypted response in one transaction. */
function write(about: IdempotentRequest | undefined, during: () => void | Promise<void> = () => undefined) {
  return idempotency.once<CreatedPayload>(about, async (seal) => {
    writes += 1;
    await during();
    const row = somePayload();
    const created = { id: row.id, expiresAt: row.expiresAt, deleteToken: 'token-that-stays-secret' };
    await stores.payloads.insert(row, seal && (() => seal(created)));
    return created;
  });
}

/** The same for streamed content: the write or the repeat updates the fingerprint as it reads. */
function stream(content: string, limit = Number.POSITIVE_INFINITY) {
  const fingerprint = new ContentFingerprint();
  const chunks = fingerprint.through(new Blob([content]).stream() as never);
  const about = { ...request, content: fingerprint, readToEnd: () => readToEnd({ chunks, limit }) };
  return idempotency.once<CreatedPayload>(about, async (seal) => {
    writes += 1;
    await readToEnd({ chunks, limit });
    const row = somePayload();
    const created = { id: row.id, expiresAt: row.expiresAt, deleteToken: 'token-that-stays-secret' };
    await stores.payloads.insert(row, seal && (() => seal(created)));
    return created;
  });
}

describe('an idempotent stream', () => {
  test('is replayed if its content is the same', async () => {
    const first = await stream('content of A');
    expect(await stream('content of A')).toEqual({ result: first.result, replayed: true });
    expect(writes).toBe(1);
  });

  test('conflicts with other content of the same length, and is replayed after it', async () => {
    await stream('content of A');
    expect((await failureOf(() => stream('content of B'))).code).toBe('idempotency_conflict');
    expect((await stream('content of A')).replayed).toBe(true);
    expect(writes).toBe(1);
  });

  test('is read within the same limits when it is repeated', async () => {
    await stream('content of A');
    expect((await failureOf(() => stream('content of A', 5))).code).toBe('too_large');
  });

  test('conflicts with the record of an older version, which has no fingerprint', async () => {
    await stream('content of A');
    stores.connection.raw.exec('UPDATE idempotency_records SET content_fingerprint = NULL');
    expect((await failureOf(() => stream('content of A'))).code).toBe('idempotency_conflict');
  });

  test('stores its fingerprint with its response, and none if it failed', async () => {
    await failureOf(() => stream('content of A', 5));
    expect((await stream('content of B')).replayed).toBe(false);
  });
});

describe('the fingerprint of content', () => {
  const of = (...parts: [names: string[], ...bytes: string[]][]) => {
    const fingerprint = new ContentFingerprint();
    for (const [names, ...bytes] of parts) {
      const part = fingerprint.beginPart(...names);
      for (const piece of bytes) part.update(piece);
    }
    return fingerprint.digest();
  };

  test('is the same however its bytes arrive', () => {
    expect(of([[], 'abc'])).toBe(of([[], 'a', '', 'bc']));
  });

  test('distinguishes parts, names and bytes at every boundary', () => {
    const all = [
      of(),
      of([[]]),
      of([[], 'ab']),
      of([[], 'a'], [[], 'b']),
      of([['a'], 'b']),
      of([['a', 'b']]),
      of([['ab']]),
      of([['a', ''], 'b']),
      of([['b'], 'a']),
      of([['a'], 'b'], [['b'], 'a']),
      of([['b'], 'a'], [['a'], 'b']),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

/** A gate at which a write waits until the test opens it. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

describe('an idempotent write', () => {
  test('without a key runs each time', async () => {
    await write(undefined);
    expect((await write(undefined)).replayed).toBe(false);
    expect(writes).toBe(2);
  });

  test('runs once, and its response is replayed in full', async () => {
    const first = await write(request);
    const second = await write(request);
    expect(first.replayed).toBe(false);
    expect(second).toEqual({ result: first.result, replayed: true });
    expect(writes).toBe(1);
  });

  test('is replayed for 24 hours, and runs again after them', async () => {
    await write(request);
    time.now += 24 * hour - 1;
    expect((await write(request)).replayed).toBe(true);
    time.now += 1;
    expect((await write(request)).replayed).toBe(false);
  });

  test('is replayed by another process on the same database', async () => {
    const first = await write(request);
    const other = openTemporaryStores(stores.file);
    const elsewhere = idempotencyOn(other.idempotency, time);
    const repeat = () => Promise.reject(new Error('done twice'));
    const second = await elsewhere.once<CreatedPayload>(request, repeat);
    expect(second).toEqual({ result: first.result, replayed: true });
    other.close();
  });

  test('conflicts with another request under its key', async () => {
    await write(request);
    const failure = await failureOf(() => write({ ...request, identity: 'POST /payloads {"other":1}' }));
    expect(failure.code).toBe('idempotency_conflict');
    expect(writes).toBe(1);
  });

  test('identifies a request in pieces by all of its bytes', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const pieces = { ...request, identity: [bytes('POST /payloads '), bytes('{}')] };
    await write(pieces);
    expect((await write(request)).replayed).toBe(true);
    const failure = await failureOf(() => write({ ...pieces, identity: [bytes('POST /payloads ')] }));
    expect(failure.code).toBe('idempotency_conflict');
  });

  test('conflicts with another request also while it is in progress', async () => {
    const { passed, open } = gate();
    const first = write(request, () => passed);
    const failure = await failureOf(() => write({ ...request, identity: 'something else' }));
    expect(failure.code).toBe('idempotency_conflict');
    open();
    await first;
  });

  test('shares its key with no other client', async () => {
    await write(request);
    expect((await write({ ...request, scope: '198.51.100.2' })).replayed).toBe(false);
  });

  test('distinguishes the end of the scope from the beginning of the key', async () => {
    await write({ ...request, scope: 'ab', key: 'c' });
    expect((await write({ ...request, scope: 'a', key: 'bc' })).replayed).toBe(false);
  });

  test('reports that it is in progress', async () => {
    const { passed, open } = gate();
    const first = write(request, () => passed);
    const failure = await failureOf(() => write(request));
    expect(failure.code).toBe('idempotency_in_progress');
    expect(failure.retryAfterSeconds).toBe(1);
    open();
    await first;
    expect((await write(request)).replayed).toBe(true);
    expect(writes).toBe(1);
  });

  test('that arrives a hundred times concurrently runs once', async () => {
    const { passed, open } = gate();
    const all = Array.from({ length: 100 }, () => write(request, () => passed));
    const others = Promise.allSettled(all);
    await time.advance(0);
    open();
    const outcomes = await others;
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(writes).toBe(1);
  });

  test('that outlasts its lease keeps its key by renewing the lease', async () => {
    const { passed, open } = gate();
    const first = write(request, () => passed);
    await time.advance(0);
    await time.advance(10 * 60_000);
    expect((await failureOf(() => write(request))).code).toBe('idempotency_in_progress');
    open();
    expect((await first).replayed).toBe(false);
    expect(time.running).toBe(0);
  });

  test('of a process that died is taken over when its lease has expired', async () => {
    const { passed } = gate();
    write(request, () => passed).catch(() => undefined);
    await time.advance(0);
    // The first one never renews its lease.
    time.now += 60_000 - 1;
    expect((await failureOf(() => write(request))).code).toBe('idempotency_in_progress');
    time.now += 1;
    expect((await write(request)).replayed).toBe(false);
  });

  test('whose lease was taken over by another leaves nothing behind', async () => {
    const { passed, open } = gate();
    const stalled = write(request, () => passed);
    await time.advance(0);
    time.now += 60_000;
    const second = await write(request);
    open();
    expect((await failureOf(() => stalled)).code).toBe('store_away');
    const { count } = stores.connection.raw.prepare('SELECT count(*) AS count FROM payloads').get() as {
      count: number;
    };
    expect(count).toBe(1);
    expect((await write(request)).result).toEqual(second.result);
  });

  test('that failed may be retried immediately', async () => {
    const failed = write(request, () => Promise.reject(new Failure('no_room', 'full')));
    expect((await failureOf(() => failed)).code).toBe('no_room');
    expect((await write(request)).replayed).toBe(false);
    expect(time.running).toBe(0);
  });

  test('that failed may be tried again with another request', async () => {
    await failureOf(() => write(request, () => Promise.reject(new Failure('invalid', 'wrong'))));
    expect((await write({ ...request, identity: 'the corrected request' })).replayed).toBe(false);
  });

  test.each(['', 'x'.repeat(256), 'tab\tinside', 'umlaut ü', 'line\nend'])(
    'rejects the key %p',
    async (key) => {
      const failure = await failureOf(() => write({ ...request, key }));
      expect(failure.code).toBe('invalid');
      expect(failure.field).toBe('Idempotency-Key');
      expect(writes).toBe(0);
    },
  );

  test('accepts a key of 255 characters and one of 1', async () => {
    for (const key of ['x'.repeat(255), '1']) {
      await write({ ...request, key });
      expect((await write({ ...request, key })).replayed).toBe(true);
    }
  });

  test('stores neither key nor response in clear', async () => {
    const { result } = await write(request);
    const kept = Buffer.concat([readFileSync(stores.file), readFileSync(`${stores.file}-wal`)]);
    // The file contains the row, so it is the right one to search.
    expect(kept.includes(result.id)).toBe(true);
    expect(kept.includes('token-that-stays-secret')).toBe(false);
    expect(kept.includes(request.key)).toBe(false);
  });

  test('does not decrypt a response with another key, nor an altered one', async () => {
    await write(request);
    const { raw } = stores.connection;
    const { answer } = raw.prepare('SELECT answer FROM idempotency_records').get() as { answer: Buffer };
    answer[answer.length - 1] = (answer[answer.length - 1] ?? 0) ^ 1;
    raw.prepare('UPDATE idempotency_records SET answer = ?').run(answer);
    await expect(write(request)).rejects.toThrow();
    expect(writes).toBe(1);
  });
});

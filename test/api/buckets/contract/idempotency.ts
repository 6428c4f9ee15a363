import { beforeAll, describe, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { startRequest } from '../../../support/piecewise-request.ts';
import { waitFor } from '../../../support/wait-for.ts';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  type Client,
  call,
  expectBytes,
  get,
  list,
  newBucket,
  newClient,
  objectPath,
  put,
  remove,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';
import { type Write, writes } from '../idempotent-writes.ts';
import { sent, started, uploadPath } from '../upload-client.ts';

const replayed = (response: Response) => response.headers.get('idempotency-replayed');

/**
 * A write with an Idempotency-Key takes effect once, and its first response is replayed (docs/contract/shared.md,
 * "Idempotency").
 */
export function idempotency(server: FileServerOf): void {
  let client: Client;
  let other: Client;
  beforeAll(async () => {
    const running = await server();
    // An account may have few webhooks and keys: both belong to this suite.
    [client, other] = await Promise.all([newClient(running), newClient(running)]);
  });

  /** Sends a request with an Idempotency-Key, as the client, or without a key if the URL is signed. */
  const make = (write: Write, idempotencyKey: string, more: Record<string, string> = {}) => {
    const { method, path, options = {}, isAnonymous } = write;
    const headers = { ...options.headers, 'Idempotency-Key': idempotencyKey, ...more };
    const caller = isAnonymous ? { url: client.url } : client;
    return call(caller, method, path, { ...options, headers });
  };
  const outcomeOf = async (response: Response) => ({
    status: response.status,
    text: await response.text(),
    location: response.headers.get('location'),
    etag: response.headers.get('etag'),
    type: response.headers.get('content-type'),
  });

  describe.each(Object.entries(writes))('Idempotency-Key: %s', (_name, prepare) => {
    test('takes effect once and replays the response', async () => {
      const write = await prepare(client);
      const key = randomUUID();
      const response = await make(write, key);
      expect(replayed(response)).toBeNull();
      const first = await outcomeOf(response);
      expect(first).toMatchObject({ status: write.status });
      for (let repeat = 0; repeat < 2; repeat += 1) {
        const again = await make(write, key);
        expect(replayed(again)).toBe('true');
        expect(await outcomeOf(again)).toEqual(first);
      }
    });

    test('is refused with the key of another request', async () => {
      const write = await prepare(client);
      const key = randomUUID();
      expect((await make(write, key)).status).toBe(write.status);
      const response = await make(write, key, { 'If-None-Match': '"x"' });
      await expectError(response, 'idempotency_conflict');
      const foreign = await call(client, 'POST', '/v1/buckets', {
        json: { name: `other-${randomUUID()}` },
        headers: { 'Idempotency-Key': key },
      });
      // The key of an anonymous caller belongs to the address, not to the account.
      if (write.isAnonymous) expect(foreign.status).toBe(201);
      else await expectError(foreign, 'idempotency_conflict');
    });

    test('is refused with other content of the same length, if it streams', async () => {
      const write = await prepare(client);
      const { body } = write.options ?? {};
      if (typeof body !== 'string') return;
      const key = randomUUID();
      expect((await make(write, key)).status).toBe(write.status);
      const other = { ...write, options: { ...write.options, body: body.replace(/.$/, '?') } };
      await expectError(await make(other, key), 'idempotency_conflict');
      expect(replayed(await make(write, key))).toBe('true');
    });

    test('takes effect once for concurrent requests', async () => {
      const write = await prepare(client);
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 5 }, () => make(write, key)));
      const outcomes = [];
      for (const response of answers) {
        if (response.status === 409) {
          expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
          await expectError(response, 'idempotency_in_progress');
        } else outcomes.push({ replayed: replayed(response), ...(await outcomeOf(response)) });
      }
      expect(outcomes.filter((outcome) => outcome.replayed === null)).toHaveLength(1);
      const [first] = outcomes;
      expect(first).toMatchObject({ status: write.status });
      for (const outcome of outcomes)
        expect({ ...outcome, replayed: null }).toEqual({ ...first, replayed: null } as never);
    });
  });

  describe('Idempotency-Key', () => {
    const keyed = (headers: Record<string, string> = {}): Record<string, string> => ({
      'Idempotency-Key': randomUUID(),
      ...headers,
    });

    test('is separate for each account', async () => {
      const headers = keyed();
      const mine = (await newBucket(client)).name;
      const theirs = (await newBucket(other)).name;
      expect((await put(client, mine, 'a', 'mine', headers)).status).toBe(201);
      const response = await put(other, theirs, 'a', 'theirs', headers);
      expect(response.status).toBe(201);
      expect(replayed(response)).toBeNull();
      // Nor does it reveal the response to the other one.
      await expectError(await put(other, mine, 'a', 'mine', headers), 'idempotency_conflict');
      await expectError(await put({ ...other, key: 'x' }, mine, 'a', 'mine', headers), 'unauthorized');
      await expectBytes(other, theirs, 'a', 'theirs');
    });

    test('belongs to the account, for all its API keys', async () => {
      const { name } = await newBucket(client);
      const made = await answered<{ id: string; key: string }>(
        call(client, 'POST', '/v1/keys', { json: {} }),
        201,
      );
      const headers = keyed();
      const first = await put(client, name, 'a', 'content', headers);
      const again = await put({ ...client, key: made.key }, name, 'a', 'content', headers);
      expect(replayed(again)).toBe('true');
      expect(await again.json()).toEqual(await first.json());
    });

    test('does not restore an object that was deleted or replaced since', async () => {
      const { name } = await newBucket(client);
      const headers = keyed();
      const first = await (await put(client, name, 'a', 'content', headers)).json();
      expect((await remove(client, name, 'a')).status).toBe(204);
      const again = await put(client, name, 'a', 'content', headers);
      expect({ status: again.status, body: await again.json() }).toEqual({ status: 201, body: first });
      await expectError(await get(client, name, 'a'), 'object_not_found');
      await stored(client, name, 'a', 'newer');
      expect(replayed(await put(client, name, 'a', 'content', headers))).toBe('true');
      await expectBytes(client, name, 'a', 'newer');
      const deletion = keyed();
      expect((await remove(client, name, 'a', deletion)).status).toBe(204);
      await stored(client, name, 'a', 'newest');
      expect((await remove(client, name, 'a', deletion)).status).toBe(204);
      await expectBytes(client, name, 'a', 'newest');
      expect((await list(client, name)).data).toHaveLength(1);
    });

    test('distinguishes PUTs by length, type, TTL, metadata, digests and conditions', async () => {
      const { name } = await newBucket(client);
      const usual = { 'Content-Type': 'text/plain', 'x-ttl': '1h', 'x-meta-a': 'b' };
      const headers = keyed(usual);
      expect((await put(client, name, 'a', 'content', headers)).status).toBe(201);
      const different: Record<string, string>[] = [
        { 'Content-Type': 'text/html' },
        { 'x-ttl': '2h' },
        { 'x-meta-a': 'c' },
        { 'x-meta-b': 'b' },
        { 'If-None-Match': '*' },
        { 'If-Match': '"x"' },
        { 'Content-MD5': 'mgNkuembtIDdJeHwKEyFVQ==' },
        { 'Repr-Digest': 'sha-256=:7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=:' },
      ];
      for (const change of different)
        await expectError(
          await put(client, name, 'a', 'content', { ...headers, ...change }),
          'idempotency_conflict',
        );
      await expectError(await put(client, name, 'a', 'contents', headers), 'idempotency_conflict');
      await expectError(await put(client, name, 'b', 'content', headers), 'idempotency_conflict');
      const { 'x-ttl': _ttl, ...less } = headers;
      await expectError(await put(client, name, 'a', 'content', less), 'idempotency_conflict');
      expect(replayed(await put(client, name, 'a', 'content', headers))).toBe('true');
    });

    test('is in use while its first request runs, and free again if that breaks off', async () => {
      const { name } = await newBucket(client);
      const upload = await started(client, name);
      const { port } = new URL(client.url);
      for (const path of [objectPath(name, 'slow'), `${uploadPath(upload)}/parts/1`]) {
        const headers = { Authorization: `Bearer ${client.key}`, ...keyed() };
        const size = 100_000;
        const request = await startRequest(Number(port), { path, headers, contentLength: size });
        await request.send(new Uint8Array(1000));
        // The repeated request would become the first one if it overtook this one.
        await Bun.sleep(300);
        const again = () => call(client, 'PUT', path, { body: new Uint8Array(size), headers });
        const refused = await waitFor('the first to be under way', async () => {
          const response = await again();
          return response.status === 409 && response;
        });
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        await expectError(refused, 'idempotency_in_progress');
        request.breakOff();
        const retried = await waitFor('the key to be free', async () => {
          const response = await again();
          return response.status !== 409 && response;
        });
        expect(replayed(retried)).toBeNull();
        expect(retried.status).toBeOneOf([200, 201]);
        expect(replayed(await again())).toBe('true');
      }
      await expectBytes(client, name, 'slow', new Uint8Array(100_000));
    });

    test('can be used again after a refused request', async () => {
      const { name } = await newBucket(client);
      const headers = keyed();
      await expectError(await remove(client, name, 'a', headers), 'object_not_found');
      await stored(client, name, 'a');
      const response = await remove(client, name, 'a', headers);
      expect({ status: response.status, replayed: replayed(response) }).toEqual({
        status: 204,
        replayed: null,
      });
      const upload = await started(client, name);
      const json = { parts: [await sent(client, upload, 1, 'x')] };
      const path = `${uploadPath(upload)}/complete`;
      const wrong = { parts: [{ partNumber: 1, etag: 'other' }] };
      const once = keyed();
      await expectError(await call(client, 'POST', path, { json: wrong, headers: once }), 'invalid_request');
      expect((await call(client, 'POST', path, { json, headers: once })).status).toBe(200);
    });

    test('has 1 to 255 printable characters', async () => {
      const { name } = await newBucket(client);
      const longest = randomUUID().padEnd(255, 'k');
      const ask = (key: string) => put(client, name, 'a', 'x', { 'Idempotency-Key': key });
      expect((await ask(longest)).status).toBe(201);
      for (const key of ['', `${longest}k`, 'schlüssel', 'a\tb'])
        expect(await expectError(await ask(key), 'invalid_request')).toContain('Idempotency-Key');
    });
  });
}

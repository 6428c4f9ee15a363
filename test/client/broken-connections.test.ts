import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  type Client,
  createClient,
  type Progress,
  type Retry,
  type Source,
  type UploadState,
} from '../../src/client/index.ts';
import { type FileServer, startFileServer, storedBlobs, sweep } from '../api/file-server.ts';
import { freePort } from '../support/ports.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, mebibyte, readable, same, someBytes, streaming } from './some-content.ts';

setDefaultTimeout(60_000);

const bytes = someBytes(16 * mebibyte + 5);
const quick = { firstDelayMs: 20 };

let proxy: TestProxy;
let server: FileServer;
let client: Client;
beforeAll(async () => {
  proxy = await startProxy();
  // The URLs of parts lead through the proxy too.
  server = await startFileServer({ clockless: true, env: { PUBLIC_URL: proxy.url, UPLOAD_LEASE: '1s' } });
  proxy.target = server.port;
  client = createClient({ url: proxy.url, retry: quick });
});
afterAll(async () => {
  proxy.stop();
  await server.stop();
});

async function expectStored(id: string, expected = bytes): Promise<void> {
  const direct = createClient({ url: server.url });
  expect(same(await bytesOf((await direct.payloads.get(id)).stream), expected)).toBe(true);
}

/** The blobs that remain after a complete sweep, which must wait for the leases to end. */
async function leftovers(): Promise<string[]> {
  const isEmpty = async () => {
    await sweep(server);
    return (await storedBlobs(server)).length === 0;
  };
  await waitFor('the sweeps to leave nothing', isEmpty, { timeoutMs: 30_000, everyMs: 500 }).catch(
    () => undefined,
  );
  return storedBlobs(server);
}

const partLength = (at: number, { size, partSize }: UploadState) => Math.min(partSize, size - at * partSize);

describe('an upload in parts whose connection is cut', () => {
  const sources: [string, Source][] = [
    ['a Blob', new Blob([bytes])],
    ['a stream', streaming(bytes, bytes.length)],
    ['a source with random access', readable(bytes)],
  ];
  test.each(sources)('continues with the part that was cut off, from %s', async (_, source) => {
    const [before, passed] = [proxy.cuts, proxy.sent];
    proxy.cutAfter(2 * mebibyte, 7 * mebibyte, 12 * mebibyte);
    const retries: Retry[] = [];
    const made = await client.payloads.upload(source, { onRetry: (retry) => retries.push(retry) });
    expect(proxy.cuts - before).toBe(3);
    expect(retries.length).toBeGreaterThanOrEqual(3);
    for (const { error, delayMs } of retries) {
      expect(error.name).toBe('NetworkError');
      expect(delayMs).toBeLessThanOrEqual(20 * 2 ** 5);
    }
    // Only open parts are sent again: parts are 5 MiB, and three are sent at once.
    expect(proxy.sent - passed).toBeLessThan(2 * bytes.length);
    await expectStored(made.id);
    await client.payloads.remove(made.id, made.deleteToken);
  });

  test('permanently can be resumed by another client, which sends only the missing parts', async () => {
    const arrived = ({ parts }: UploadState) => parts.filter(({ etag }) => etag !== undefined).length;
    let kept = '';
    const onUpload = (state: UploadState) => {
      // Three of four parts are sent at once. The fourth starts after the first has arrived.
      if (arrived(state) === 1) proxy.cutAfter(1);
      kept = JSON.stringify(state);
    };
    const withoutRetry = createClient({ url: proxy.url, retry: { tries: 1 } });
    await expect(withoutRetry.payloads.upload(bytes, { onUpload })).rejects.toThrow('No response');
    const state = JSON.parse(kept) as UploadState;
    const there = state.parts.reduce((sum, { etag }, at) => sum + (etag ? partLength(at, state) : 0), 0);
    expect(arrived(state)).toBeGreaterThan(0);
    expect(arrived(state)).toBeLessThan(4);
    const resume = { ...state };
    await expect(client.payloads.upload(bytes.subarray(1), { resume })).rejects.toThrow(
      'The upload to resume has',
    );
    const before = proxy.sent;
    const reported: number[] = [];
    const onProgress = ({ sent }: Progress) => reported.push(sent);
    const made = await client.payloads.upload(streaming(bytes, bytes.length), { resume, onProgress });
    await expectStored(made.id);
    expect(reported[0]).toBe(there);
    expect(proxy.sent - before).toBeLessThan(bytes.length - there + 100_000);
    await client.payloads.remove(made.id, made.deleteToken);
  });

  test('permanently is aborted if its state is not saved', async () => {
    const withoutRetry = createClient({ url: proxy.url, retry: { tries: 1 } });
    proxy.cutAfter(7 * mebibyte);
    await expect(withoutRetry.payloads.upload(bytes)).rejects.toThrow('No response');
  });
});

describe('one request whose connection is cut', () => {
  test('is sent again, and stores the payload once', async () => {
    const small = someBytes(3 * mebibyte);
    const before = proxy.cuts;
    proxy.cutAfter(1 * mebibyte, 2 * mebibyte);
    const made = await client.payloads.upload(small);
    expect(proxy.cuts - before).toBe(2);
    await expectStored(made.id, small);
    await client.payloads.remove(made.id, made.deleteToken);
  });

  test('is not sent again if its stream was consumed', async () => {
    proxy.cutAfter(1 * mebibyte);
    await expect(client.payloads.upload(streaming(someBytes(3 * mebibyte)))).rejects.toThrow('No response');
  });
});

test('deleted, aborted and unfinished uploads have left nothing', async () => {
  expect(await leftovers()).toEqual([]);
});

describe('an upload that is aborted', () => {
  test.each([
    ['in parts', () => bytes],
    ['in parts, of a stream', () => streaming(bytes, bytes.length)],
    ['in one request', () => someBytes(6 * mebibyte)],
    ['in one request, of a stream', () => streaming(someBytes(6 * mebibyte))],
  ])('throws the reason, and cannot be resumed: %s', async (_, source) => {
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const states: UploadState[] = [];
    const onProgress = ({ sent }: { sent: number }) => sent > 2 * mebibyte && abort.abort(reason);
    const call = { signal: abort.signal, onProgress, onUpload: (state: UploadState) => states.push(state) };
    await expect(client.payloads.upload(source(), call)).rejects.toBe(reason);
    const [state] = states;
    if (state) await expect(client.payloads.upload(bytes, { resume: state })).rejects.toThrow();
  });

  test('stops at once while it waits for its source', async () => {
    const silent = {
      size: 9 * mebibyte,
      stream: () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) }),
    };
    const signal = AbortSignal.timeout(100);
    await expect(client.payloads.upload(silent, { signal })).rejects.toThrow('timed out');
  });

  test('stops at once while it waits for a retry', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const patient = createClient({ url, retry: { firstDelayMs: 60_000, maxDelayMs: 60_000 } });
    const abort = new AbortController();
    const retries: Retry[] = [];
    const onRetry = (retry: Retry) => {
      retries.push(retry);
      abort.abort(new Error('enough'));
    };
    await expect(
      patient.payloads.upload(bytes.subarray(0, 10), { signal: abort.signal, onRetry }),
    ).rejects.toThrow('enough');
    expect(retries[0]?.delayMs).toBeGreaterThanOrEqual(30_000);
  });

  test('has left nothing', async () => {
    expect(await leftovers()).toEqual([]);
  });

  test('before it began sends nothing', async () => {
    const before = proxy.sent;
    const signal = AbortSignal.abort(new Error('never mind'));
    for (const source of [bytes, bytes.subarray(0, 10), streaming(bytes)])
      await expect(client.payloads.upload(source, { signal })).rejects.toThrow('never mind');
    expect(proxy.sent).toBe(before);
  });
});

describe('an unavailable server', () => {
  test('is tried the given number of times, and reported as unavailable', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const retries: Retry[] = [];
    const away = createClient({ url, retry: { tries: 4, firstDelayMs: 10 } });
    const upload = away.payloads.upload(bytes.subarray(0, 10), { onRetry: (retry) => retries.push(retry) });
    await expect(upload).rejects.toThrow(`No response from ${url.slice('http://'.length)}`);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    for (const { attempt, delayMs } of retries) {
      expect(delayMs).toBeGreaterThanOrEqual(5 * 2 ** (attempt - 1));
      expect(delayMs).toBeLessThanOrEqual(10 * 2 ** (attempt - 1));
    }
  });

  test('is reported at once by calls without content', async () => {
    const retry = { firstDelayMs: 600_000, maxDelayMs: 600_000 };
    const away = createClient({ url: `http://127.0.0.1:${await freePort()}`, retry });
    await expect(away.payloads.info('0'.repeat(32))).rejects.toMatchObject({ name: 'NetworkError' });
    await expect(away.buckets.list()).rejects.toMatchObject({ name: 'NetworkError' });
  });
});

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Client, createClient, type UploadState } from '../../src/client/index.ts';
import { newKey } from '../api/buckets/client.ts';
import { type FileServer, startFileServer, storedBlobs, sweep } from '../api/file-server.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, mebibyte, same, someBytes, streaming } from './some-content.ts';

await suiteWith(['versitygw'], 'the client, with S3 behind the server', () => {
  const bytes = someBytes(11 * mebibyte + 5);
  let server: FileServer;
  let client: Client;
  beforeAll(async () => {
    server = await startFileServer({ withS3: true, clockless: true, env: { UPLOAD_LEASE: '1s' } });
    client = createClient({ url: server.url, key: await newKey(server, 'account') });
  });
  afterAll(() => server.stop());

  test.each(['a Blob', 'a stream'])('sends parts directly to S3, from %s', async (kind) => {
    let state: UploadState | undefined;
    const source = kind === 'a Blob' ? new Blob([bytes]) : streaming(bytes, bytes.length);
    const sent: number[] = [];
    const made = await client.payloads.upload(source, {
      name: 'large.bin',
      onUpload: (now) => {
        state = now;
      },
      onProgress: (now) => sent.push(now.sent),
    });
    const hosts = new Set(state?.parts.map(({ url = '' }) => new URL(url).port));
    expect([...hosts]).toEqual([String(server.s3?.port)]);
    expect(sent.at(-1)).toBe(bytes.length);
    expect(same(await bytesOf((await client.payloads.get(made.id)).stream), bytes)).toBe(true);
    await client.payloads.remove(made.id, made.deleteToken);
  });

  test('puts objects in parts', async () => {
    await client.buckets.create('on-s3');
    await client.objects.put('on-s3', 'large', streaming(bytes));
    expect(same(await bytesOf((await client.objects.get('on-s3', 'large')).stream), bytes)).toBe(true);
    await client.objects.remove('on-s3', 'large');
  });

  test('leaves nothing there of an aborted upload', async () => {
    const abort = new AbortController();
    const onProgress = ({ sent }: { sent: number }) =>
      sent > 6 * mebibyte && abort.abort(new Error('enough'));
    const upload = client.payloads.upload(bytes, { signal: abort.signal, onProgress });
    await expect(upload).rejects.toThrow('enough');
    const isEmpty = async () => {
      await sweep(server);
      return (await storedBlobs(server)).length === 0;
    };
    await expect(
      waitFor('the sweeps to leave nothing', isEmpty, { timeoutMs: 30_000, everyMs: 500 }),
    ).resolves.toBe(true);
  });
});

import { describe, expect, test } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { answered } from '../expected-answers.ts';
import { nothing, operate, startFileServer, storedBlobs, sweep, usageOf } from '../file-server.ts';
import {
  call,
  exampleText,
  expectError,
  expectRefusedPut,
  list,
  newClient,
  newGuest,
  presign,
  put,
  uploaded,
} from './client.ts';

const until = (time: string) =>
  waitFor(time, () => Date.now() >= Date.parse(time), { timeoutMs: 15_000, everyMs: 10 });
const inMilliseconds = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

/** Nothing is inline, so that every sweep removes blobs; all times are as short as a test can wait. */
const env = { PRESIGN_TTL: '4s', LONGEST_UPLOAD: '1s', UPLOAD_LEASE: '1s', INLINE_LIMIT: '2' };

async function expiry(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  const server = startedOnce(() => startFileServer({ withS3, clockless: true, env }));

  /** Sweeps until nothing is left; late PUTs are checked once more. */
  const expectSwept = async () => {
    const running = await server();
    await waitFor(
      'an empty store',
      async () => {
        await sweep(running);
        return (await storedBlobs(running)).length === 0;
      },
      { timeoutMs: 15_000, everyMs: 300 },
    );
  };

  await suiteWith(parts, name, () => {
    describe('uploads', () => {
      test('that have expired accept no PUT and no confirmation', async () => {
        const client = await newClient((await server()).url);
        const before = Date.now();
        const { upload_id, presigned_url, expires_at } = await presign(client);
        expect(Date.parse(expires_at)).toBeGreaterThanOrEqual(before + 3000);
        expect(Date.parse(expires_at)).toBeLessThanOrEqual(Date.now() + 4000);
        await until(expires_at);
        // S3 counts in seconds.
        await Bun.sleep(1000);
        await expectRefusedPut(client, presigned_url, await put(presigned_url, exampleText));
        await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'UPLOAD_NOT_FOUND');
      });

      test('cannot be confirmed after their expiry, even if their bytes arrived in time, and are removed', async () => {
        const running = await server();
        const client = await newClient(running.url);
        const { upload_id, presigned_url, expires_at } = await presign(client);
        expect((await put(presigned_url, exampleText)).status).toBe(200);
        expect((await storedBlobs(running)).length).toBeGreaterThan(0);
        await until(expires_at);
        await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'UPLOAD_NOT_FOUND');
        expect((await list(client)).files).toEqual([]);
        await expectSwept();
        expect(await usageOf(running, client.token)).toEqual(nothing);
        await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'UPLOAD_NOT_FOUND');
      });
    });

    describe('a file with an expires_at', () => {
      test('is not found on any path from then on, before any sweep, and a sweep removes its row and bytes', async () => {
        const running = await server();
        const client = await newClient(running.url);
        const expires_at = inMilliseconds(5000);
        const open = await uploaded(client, { expires_at });
        const hidden = await uploaded(client, { expires_at, visibility: 'private' });
        const { download_url } = await answered<{ download_url: string }>(
          call(client, 'GET', `/files/${hidden.id}/download`),
        );
        const address = open.public_url ?? '';
        const { headers } = await fetch(address);
        expect(headers.get('cache-control')).toMatch(/^public, max-age=[0-5]$/);
        expect((await fetch(download_url)).status).toBe(200);
        await until(expires_at);

        const conditions: Record<string, string>[] = [
          {},
          { Range: 'bytes=0-0' },
          { 'If-None-Match': headers.get('etag') ?? '' },
          { 'If-None-Match': '*' },
        ];
        for (const headers of conditions)
          await expectError(await fetch(address, { headers }), 'FILE_NOT_FOUND');
        // Its URL expired with it.
        expect((await fetch(download_url)).status).toBeOneOf([403, 404]);
        for (const { id } of [open, hidden]) {
          await expectError(await call(client, 'GET', `/files/${id}/download`), 'FILE_NOT_FOUND');
          await expectError(await call(client, 'GET', `/files/${id}/stats`), 'FILE_NOT_FOUND');
          await expectError(await call(client, 'DELETE', `/files/${id}`), 'FILE_NOT_FOUND');
        }
        expect(await list(client)).toEqual({ files: [], cursor: null, has_more: false });
        await expectSwept();
        expect(await usageOf(running, client.token)).toEqual(nothing);
      });

      test('may be given in milliseconds, and not in the past', async () => {
        const client = await newClient((await server()).url);
        const expires_at = new Date(Math.ceil(Date.now() / 1000 + 60) * 1000 + 123).toISOString();
        expect((await uploaded(client, { expires_at })).expires_at).toBe(expires_at);
        const late = {
          filename: 'x',
          content_type: 'text/plain',
          size_bytes: 1,
          expires_at: inMilliseconds(-1),
        };
        await expectError(await call(client, 'POST', '/upload/presign', late), 'VALIDATION_ERROR');
        const [file] = (await list(client)).files;
        await answered(call(client, 'DELETE', `/files/${file?.id}`));
      });
    });

    test('a deleted file is removed with its bytes', async () => {
      const running = await server();
      const client = await newClient(running.url);
      const file = await uploaded(client);
      expect((await storedBlobs(running)).length).toBeGreaterThan(0);
      await answered(call(client, 'DELETE', `/files/${file.id}`));
      await expectSwept();
      expect(await usageOf(running, client.token)).toEqual(nothing);
    });

    test('an expired guest has no token, no files and no claim, and the sweep removes all of it', async () => {
      const running = await server();
      await operate(running, ['plans', 'set', 'guest', '--lifetime', '4s']);
      const { token, claim_url, limits } = await newGuest(running.url, '/api/v1');
      const client = { url: running.url, base: '/api/v1', token } as const;
      const file = await uploaded(client);
      expect(file.expires_at).toBe(limits.expires_at);
      const waiting = await presign(client);
      expect(Date.parse(waiting.expires_at)).toBeLessThanOrEqual(Date.parse(limits.expires_at ?? ''));
      await until(limits.expires_at ?? '');
      await expectError(await call(client, 'GET', '/files'), 'UNAUTHORIZED');
      await expectError(await fetch(file.public_url ?? ''), 'FILE_NOT_FOUND');
      const claim = new URL(claim_url).searchParams.get('claim') ?? '';
      const body = new URLSearchParams({ claim, email: 'ada@example.com' });
      expect((await fetch(claim_url)).status).toBe(404);
      expect((await fetch(`${running.url}/login`, { method: 'POST', body })).status).toBe(404);
      await expectSwept();
      await sweep(running);
      await expect(usageOf(running, token)).rejects.toThrow('no account');
    });
  });
}

await expiry('expiry on disk', false, []);
await expiry('expiry on S3', true, ['versitygw']);

import { describe, expect, test } from 'bun:test';
import { lapseUploads } from '../../faults/stored.ts';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { answered } from '../expected-answers.ts';
import { nothing, operate, startFileServer, sweep, usageOf } from '../file-server.ts';
import {
  type Client,
  type Code,
  call,
  confirm,
  example,
  exampleText,
  expectError,
  list,
  newClient,
  newGuest,
  presign,
  put,
  uploaded,
} from './client.ts';
import { startRemote } from './remote.ts';

/** docs/contract/putput.md, "Example": this number of bytes in each file. */
const size = example.size_bytes;
const many = 100;

async function quotas(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  const server = startedOnce(() => startFileServer({ withS3, clockless: true, env: { INLINE_LIMIT: '4' } }));

  /** A guest with only the given limits. */
  async function limited(limits: string[]): Promise<Client> {
    const running = await server();
    const none = ['--storage', 'none', '--max-file', 'none', '--max-files', 'none', '--lifetime', 'none'];
    await operate(running, ['plans', 'set', 'guest', ...none]);
    await operate(running, ['plans', 'set', 'guest', ...limits]);
    return newClient(running.url);
  }

  const presignMany = (client: Client, count = many) =>
    Promise.all(Array.from({ length: count }, () => call(client, 'POST', '/upload/presign', example)));

  /** Uploads and confirms a file; false if the quota rejected it at the start. */
  async function tryUpload(client: Client): Promise<boolean> {
    const response = await call(client, 'POST', '/upload/presign', example);
    if (response.status !== 200) return false;
    const { upload_id, presigned_url } = (await response.json()) as {
      upload_id: string;
      presigned_url: string;
    };
    await put(presigned_url, exampleText);
    await confirm(client, upload_id);
    return true;
  }

  await suiteWith(parts, name, () => {
    test('a guest gets the limits of the plan', async () => {
      const { url } = await limited(['--storage', '1000', '--max-files', '7', '--max-file', '50']);
      expect((await newGuest(url, '/api')).limits).toEqual({
        storage_bytes: 1000,
        max_file_size_bytes: 50,
        max_files: 7,
        expires_at: null,
      });
      // -1 for no limit (docs/contract/putput.md, "Guests").
      const unlimited = await limited([]);
      expect((await newGuest(unlimited.url, '/api')).limits).toEqual({
        storage_bytes: -1,
        max_file_size_bytes: -1,
        max_files: -1,
        expires_at: null,
      });
    });

    describe.each<[string, string[], Code]>([
      ['storage', ['--storage', String(10 * size)], 'STORAGE_LIMIT_EXCEEDED'],
      ['number of files', ['--max-files', '10'], 'FILE_LIMIT_EXCEEDED'],
    ])('the %s', (_what, limits, code) => {
      test('is not exceeded by a hundred presigns at once', async () => {
        const client = await limited(limits);
        const answers = await presignMany(client);
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
        for (const answer of answers) if (answer.status !== 200) await expectError(answer, code);
        const running = await server();
        expect(await usageOf(running, client.token)).toEqual({
          ...nothing,
          reservedBytes: 10 * size,
          reservedObjects: 10,
        });
      });

      test('is not exceeded by a hundred uploads and confirmations at once, and deletions free it', async () => {
        const running = await server();
        const client = await limited(limits);
        const outcomes = await Promise.all(Array.from({ length: many }, () => tryUpload(client)));
        expect(outcomes.filter((isThere) => isThere)).toHaveLength(10);
        const { files } = await list(client, '?limit=100');
        expect(files).toHaveLength(10);
        const full = { ...nothing, storedBytes: 10 * size, storedObjects: 10 };
        expect(await usageOf(running, client.token)).toEqual(full);
        await expectError(await call(client, 'POST', '/upload/presign', example), code);

        // Each is deleted several times concurrently, and freed once.
        const deletions = files.flatMap(({ id }) =>
          Array.from({ length: 5 }, () => call(client, 'DELETE', `/files/${id}`)),
        );
        const statuses = (await Promise.all(deletions)).map(({ status }) => status);
        expect(statuses.filter((status) => status === 200)).toHaveLength(10);
        expect(await usageOf(running, client.token)).toEqual(nothing);
        const again = await presignMany(client);
        expect(again.filter(({ status }) => status === 200)).toHaveLength(10);
      });

      test('is not exceeded while uploads are confirmed and others are presigned', async () => {
        const running = await server();
        const client = await limited(limits);
        const waiting = await Promise.all(Array.from({ length: 5 }, () => presign(client)));
        await Promise.all(waiting.map(({ presigned_url }) => put(presigned_url, exampleText)));
        const [answers] = await Promise.all([
          presignMany(client),
          ...waiting.flatMap(({ upload_id }) => [
            call(client, 'POST', '/upload/confirm', { upload_id }),
            call(client, 'POST', '/upload/confirm', { upload_id }),
          ]),
        ]);
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
        expect(await usageOf(running, client.token)).toEqual({
          ...{ storedBytes: 5 * size, storedObjects: 5, reservedBytes: 5 * size, reservedObjects: 5 },
        });
      });

      test('is not exceeded by concurrent fetches of URLs', async () => {
        const running = await server();
        const remote = await startRemote();
        const client = await limited(limits);
        // "the root", eight bytes.
        const answers: Response[] = [];
        // As many as may wait for a place.
        for (let round = 0; round < 3; round += 1)
          answers.push(
            ...(await Promise.all(
              Array.from({ length: 16 }, () =>
                call(client, 'POST', '/upload/url', { url: `${remote.url}/` }),
              ),
            )),
          );
        remote.stop();
        const most = code === 'FILE_LIMIT_EXCEEDED' ? 10 : Math.floor((10 * size) / 8);
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(most);
        for (const answer of answers) if (answer.status !== 200) await expectError(answer, code);
        expect(await usageOf(running, client.token)).toEqual({
          ...nothing,
          storedBytes: most * 8,
          storedObjects: most,
        });
      });

      test('is freed by expired reservations', async () => {
        const running = await server();
        const client = await limited(limits);
        const answers = await presignMany(client, 10);
        const [first] = (await Promise.all(answers.map((answer) => answer.json()))) as [
          { presigned_url: string },
        ];
        // Bytes that arrived and were never confirmed count like those that did not arrive.
        expect((await put(first.presigned_url, exampleText)).status).toBe(200);
        await expectError(await call(client, 'POST', '/upload/presign', example), code);
        lapseUploads(running.dataDir);
        await sweep(running);
        expect(await usageOf(running, client.token)).toEqual(nothing);
        const again = await presignMany(client, 20);
        expect(again.filter(({ status }) => status === 200)).toHaveLength(10);
      });
    });

    test('a file that does not fit leaves room for one that does', async () => {
      const client = await limited(['--storage', '100']);
      await uploaded(client, { bytes: 'x'.repeat(60) });
      const large = await call(client, 'POST', '/upload/presign', { ...example, size_bytes: 41 });
      await expectError(large, 'STORAGE_LIMIT_EXCEEDED');
      expect((await uploaded(client, { bytes: 'x'.repeat(40) })).size_bytes).toBe(40);
      const empty = await uploaded(client, { bytes: '' });
      expect(empty.size_bytes).toBe(0);
      const one = await call(client, 'POST', '/upload/presign', { ...example, size_bytes: 1 });
      await expectError(one, 'STORAGE_LIMIT_EXCEEDED');
    });

    test('a file over the limit of the plan is FILE_TOO_LARGE, with any amount of room', async () => {
      const client = await limited(['--max-file', '50']);
      expect((await uploaded(client, { bytes: 'x'.repeat(50) })).size_bytes).toBe(50);
      const response = await call(client, 'POST', '/upload/presign', { ...example, size_bytes: 51 });
      await expectError(response, 'FILE_TOO_LARGE');
    });

    test('a reduced plan keeps existing files, and accepts no new ones', async () => {
      const running = await server();
      const client = await limited([]);
      const file = await uploaded(client);
      await operate(running, ['plans', 'set', 'guest', '--storage', '1', '--max-files', '1']);
      expect((await fetch(file.public_url ?? '')).status).toBe(200);
      await expectError(await call(client, 'POST', '/upload/presign', example), 'STORAGE_LIMIT_EXCEEDED');
      await answered(call(client, 'DELETE', `/files/${file.id}`));
    });
  });
}

await quotas('quotas on disk', false, []);
await quotas('quotas on S3', true, ['versitygw']);

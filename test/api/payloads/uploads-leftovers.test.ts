import { expect, test } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { operate, startFileServer, storedBlobs, sweep } from '../file-server.ts';
import { api, expectError } from './server.ts';
import {
  abort,
  begin,
  partOf,
  partSize,
  payloadKey,
  postComplete,
  putAll,
  putPart,
  someBytes,
  uploadInParts,
} from './upload-client.ts';

const bytes = someBytes(partSize + 10);

/** Payloads in parts and failed uploads leave nothing behind after a sweep. */
async function leftovers(
  name: string,
  { withS3, isDirect }: { withS3: boolean; isDirect: boolean },
  parts: PartName[],
): Promise<void> {
  // The URLs of S3 are valid for whole seconds.
  const env = {
    PRESIGN_TTL: withS3 ? '4s' : '2s',
    LONGEST_UPLOAD: '1s',
    UPLOAD_LEASE: '1s',
    INLINE_LIMIT: '2',
  };
  const server = startedOnce(async () => {
    const started = await startFileServer({ withS3, clockless: true, env });
    return isDirect ? Object.assign(started, { key: await payloadKey(started) }) : started;
  });

  const expectCheckClean = async () => {
    const report = JSON.parse(await operate(await server(), ['check']));
    expect(report).toMatchObject({ missing: [], wrongSize: [], orphans: [], wrongParts: [], wrongUsage: [] });
    return report as { rows: number; blobs: number };
  };
  const expectSwept = async () => {
    const running = await server();
    await waitFor(
      'an empty store',
      async () => {
        await sweep(running);
        return (await storedBlobs(running)).length === 0;
      },
      { timeoutMs: 20_000, everyMs: 400 },
    );
    expect(await expectCheckClean()).toMatchObject({ rows: 0, blobs: 0 });
  };
  const raw = async (id: string) => fetch(`${(await server()).url}/raw/${id}`);

  await suiteWith(parts, name, () => {
    test('an expired upload is removed with its parts; a completed payload stays whole after that time', async () => {
      const running = await server();
      const begun = await begin(running, bytes.length);
      const sent = await putAll(begun, bytes);
      const { hash_id, delete_token } = await uploadInParts(running, bytes);
      await expectCheckClean();
      await Bun.sleep(Date.parse(begun.expires_at) - Date.now() + 1200);
      const late = await fetch(begun.parts[0]?.url ?? '', { method: 'PUT', body: partOf(bytes, 1) });
      expect(late.status).toBe(403);
      await expectError(await postComplete(running, begun.upload_id, sent), 404);
      await expectError(await abort(running, begun.upload_id), 404);
      const blobs = isDirect ? 1 : 2;
      await waitFor('the parts of the other to go', async () => {
        await sweep(running);
        return (await storedBlobs(running)).length === blobs;
      });
      expect(await expectCheckClean()).toMatchObject({ rows: blobs, blobs });
      expect(Buffer.from(await (await raw(hash_id)).bytes()).equals(bytes)).toBe(true);
      const headers = { 'X-Delete-Token': delete_token };
      expect((await fetch(`${running.url}${api}/${hash_id}`, { method: 'DELETE', headers })).status).toBe(
        204,
      );
      await expectSwept();
    });

    test('an aborted upload is removed with its parts, also with one that is PUT afterwards', async () => {
      const running = await server();
      const begun = await begin(running, bytes.length);
      const [one, two] = begun.parts;
      await putPart(one?.url ?? '', 1, partOf(bytes, 1));
      expect((await abort(running, begun.upload_id)).status).toBe(204);
      const late = await fetch(two?.url ?? '', { method: 'PUT', body: partOf(bytes, 2) });
      // The abort may or may not have reached S3.
      expect(late.status).toBeOneOf(isDirect ? [200, 404] : [403]);
      await expectSwept();
    });

    test('a payload is removed with its last read, and an expired one with the sweep', async () => {
      const running = await server();
      const counted = await uploadInParts(running, bytes, { max_reads: 1 });
      const expiring = await uploadInParts(running, bytes, { ttl: 1 });
      expect(Buffer.from(await (await raw(counted.hash_id)).bytes()).equals(bytes)).toBe(true);
      await Bun.sleep(1000);
      for (const { hash_id } of [counted, expiring]) await expectError(await raw(hash_id), 404);
      await expectSwept();
    });
  });
}

await leftovers('what payloads in parts leave on disk', { withS3: false, isDirect: false }, []);
await leftovers('what payloads in parts leave on S3', { withS3: true, isDirect: true }, ['versitygw']);
await leftovers('what anonymous payloads in parts leave with S3', { withS3: true, isDirect: false }, [
  'versitygw',
]);

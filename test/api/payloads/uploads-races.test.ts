import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type FileServer, operate, startFileServer, storedBlobs, sweep } from '../file-server.ts';
import type { Created } from './server.ts';
import {
  type At,
  abort,
  begin,
  type Part,
  partSize,
  payloadKey,
  postComplete,
  putPart,
  someBytes,
} from './upload-client.ts';

const size = partSize + 5;
const [first, second] = [someBytes(partSize), someBytes(5)];
/** Of the same length, so that only its content distinguishes it from the earlier one. */
const others = [someBytes(partSize, 37), someBytes(partSize, 41)];

/** All operations on one upload, concurrently, while sweeps run. */
async function races(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  await suiteWith(parts, name, () => {
    let server: FileServer;
    let at: At;
    beforeAll(async () => {
      const env = { LONGEST_UPLOAD: '1s', UPLOAD_LEASE: '1s', SWEEP_CRON: '* * * * * *' };
      server = await startFileServer({ withS3, env });
      if (withS3) at = { url: server.url, key: await payloadKey(server) };
      else at = server;
    }, 60_000);
    afterAll(() => server?.stop());

    const completeOnce = async (id: string, named: Part[]) => {
      const response = await postComplete(server, id, named);
      return { status: response.status, body: (await response.json()) as Partial<Created> };
    };

    async function race(withAbort: boolean): Promise<void> {
      const begun = await begin(at, size);
      const [one = '', two = ''] = begun.parts.map(({ url }) => url);
      const named = [await putPart(one, 1, first), await putPart(two, 2, second)];
      const replacing = others.map(async (body) => {
        const response = await fetch(one, { method: 'PUT', body });
        await response.body?.cancel();
        expect(response.status).toBeOneOf(withS3 ? [200, 404, 500] : [200, 403]);
      });
      const completing = Array.from({ length: 3 }, () => completeOnce(begun.upload_id, named));
      const aborting = withAbort ? abort(server, begun.upload_id) : undefined;
      const answers = await Promise.all(completing);
      const aborted = (await aborting)?.status;
      await Promise.all(replacing);
      // The store itself sometimes fails if a part arrives during its completion. It can then be retried.
      for (const { status } of answers)
        expect(status).toBeOneOf(withS3 ? [201, 400, 404, 503] : [201, 400, 404]);
      const made = answers.filter(({ status }) => status === 201);
      expect(made.length).toBeLessThanOrEqual(aborted === 204 ? 0 : 1);
      for (const { body } of made) {
        const raw = await fetch(`${server.url}/raw/${body.hash_id}`);
        expect(Buffer.from(await raw.bytes()).equals(Buffer.concat([first, second]))).toBe(true);
        const headers = { 'X-Delete-Token': body.delete_token ?? '' };
        const removed = await fetch(`${server.url}/api/v1/payloads/${body.hash_id}`, {
          method: 'DELETE',
          headers,
        });
        expect(removed.status).toBe(204);
      }
      await abort(server, begun.upload_id);
    }

    test('create one payload of the named parts, or none, and leave nothing behind', async () => {
      for (let round = 0; round < 3; round += 1) await Promise.all([race(false), race(true), race(false)]);
      await waitFor(
        'an empty store',
        async () => {
          await sweep(server);
          return (await storedBlobs(server)).length === 0;
        },
        { timeoutMs: 25_000, everyMs: 500 },
      );
      const report = JSON.parse(await operate(server, ['check']));
      expect(report).toMatchObject({ rows: 0, blobs: 0, orphans: [], wrongParts: [], wrongUsage: [] });
      if (!withS3) expect(server.logs()).not.toContain('"level":50');
    }, 60_000);
  });
}

await races('races of an upload in parts, on disk,', false, []);
await races('races of an upload in parts, on S3,', true, ['versitygw']);

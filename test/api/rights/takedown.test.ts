import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mayflyCommand } from '../../support/mayfly-command.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import * as buckets from '../buckets/client.ts';
import { signedUrl } from '../buckets/signed-client.ts';
import { type FileServer, operate, startFileServer } from '../file-server.ts';
import { create, upload } from '../payloads/server.ts';
import { partSize, someBytes, uploadInParts } from '../payloads/upload-client.ts';
import * as putput from '../putput/client.ts';
import * as uploadkit from '../uploadkit/client.ts';
import { type Clients, clientsOf, expectTaken, waysIn, waysInParts } from './ways-in.ts';

setDefaultTimeout(120_000);

/** Runs `mayfly remove …` next to the server, with another user in the environment than the system's. */
function remove({ dataDir, stores }: FileServer, ...args: string[]) {
  const env = { LOG_LEVEL: 'info', USER: 'nobody-here', LOGNAME: 'nobody-here' };
  return mayflyCommand(dataDir, ['remove', ...args], { ...stores, ...env });
}

const systemUser = Bun.spawnSync(['id', '-un']).stdout.toString().trim();

const status = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
};
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

function takedowns(server: () => Promise<FileServer>): void {
  let running: FileServer;
  let clients: Clients;
  beforeAll(async () => {
    running = await server();
    clients = await clientsOf(running);
  });

  describe('mayfly remove', () => {
    test('removes a payload from every URL immediately, by any of its URLs', async () => {
      for (const name of [
        (id: string) => `${running.url}/p/${id}#key`,
        (id: string) => `https://another.example/raw/${id}?download=1`,
        (id: string) => `/api/v1/payloads/${id}`,
      ]) {
        const { hash_id: id } = await create(running, { delete_token: true });
        const addresses = [`/p/${id}`, `/raw/${id}`, `/api/v1/payloads/${id}`].map(
          (path) => running.url + path,
        );
        for (const address of addresses) expect(await status(address)).toBe(200);
        const { code, stdout, stderr } = await remove(running, name(id));
        expect([code, stderr]).toEqual([0, '']);
        for (const address of addresses) expect(await status(address)).toBe(404);
        expect(JSON.parse(stdout)).toMatchObject({
          ...{ level: 30, event: 'content_removed', by: systemUser, kind: 'payload' },
          ...{ id: `${id.slice(0, 8)}…`, bytes: 13, time: expect.any(Number) },
        });
        expect(stdout).not.toContain(id);
      }
    });

    test('removes payloads in blobs and in parts, with all of their bytes', async () => {
      const large = await upload(running, someBytes(200_000));
      const inParts = (await uploadInParts(running, someBytes(partSize + 1))).hash_id;
      expect((await remove(running, `/p/${large}`, `/p/${inParts}`)).code).toBe(0);
      for (const id of [large, inParts]) expect(await status(`${running.url}/raw/${id}`)).toBe(404);
    });

    test('removes files of PutPut and UploadKit, public and private', async () => {
      const { guest, uploadkitClient } = clients;
      for (const visibility of ['public', 'private']) {
        const file = await putput.uploaded(guest, { visibility });
        const address = await putput.call(guest, 'GET', `/files/${file.id}/download`);
        const { download_url } = (await address.json()) as { download_url: string };
        expect(await status(download_url)).toBe(200);
        expect((await remove(running, download_url)).code).toBe(0);
        expect(await status(download_url)).toBe(404);
        expect((await putput.call(guest, 'GET', `/files/${file.id}/stats`)).status).toBe(404);
      }
      const { url } = await uploadkit.uploaded(uploadkitClient);
      expect(await status(url)).toBe(200);
      expect((await remove(running, url)).code).toBe(0);
      expect(await status(url)).toBe(404);
    });

    test('removes objects, by their path and by a signed URL', async () => {
      const { bucketClient, bucket } = clients;
      for (const key of ['plain', 'a folder/mit Umläuten.txt']) {
        const path = buckets.objectPath(bucket, key);
        await buckets.stored(bucketClient, bucket, key);
        await buckets.expectBytes(bucketClient, bucket, key, 'content');
        const { code, stdout } = await remove(running, running.url + path);
        expect([code, JSON.parse(stdout)]).toMatchObject([0, { kind: 'object', bucket, key }]);
        expect((await buckets.get(bucketClient, bucket, key)).status).toBe(404);
        await buckets.stored(bucketClient, bucket, key);
        const signed = await signedUrl(bucketClient, bucket, key, 'GET');
        expect(await status(signed)).toBe(200);
        expect((await remove(running, signed)).code).toBe(0);
        expect(await status(signed)).toBe(404);
      }
    });

    test('reports what it cannot remove, and continues', async () => {
      const { hash_id: id } = await create(running);
      const wrong = ['/p/0000', '/f/none/x', '/v1/buckets/none/objects/x', '/docs', 'https://other.example'];
      const { code, stderr } = await remove(running, ...wrong, `/p/${id}`, `/p/${id}`);
      expect(code).toBe(1);
      expect(await status(`${running.url}/p/${id}`)).toBe(404);
      expect(stderr.trimEnd().split('\n')).toEqual(
        [...wrong, `/p/${id}`].map((url) =>
          expect.stringMatching(new RegExp(`^mayfly: ${RegExp.escape(url)}: .+`)),
        ),
      );
    });
  });

  describe('mayfly remove --block', () => {
    test('rejects the same bytes in every API, until the block is removed', async () => {
      const small = Buffer.from('some small content that nobody shall share');
      const large = someBytes(partSize + 100, 7);
      const { bucketClient, bucket } = clients;
      await buckets.stored(bucketClient, bucket, 'kept', small);
      const ids = [await upload(running, small), await upload(running, large)];
      const { code, stdout } = await remove(running, '--block', ...ids.map((id) => `/p/${id}`));
      expect(code).toBe(0);
      const logged = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(logged).toMatchObject([
        { event: 'content_blocked', sha256: sha256(small) },
        { event: 'content_blocked', sha256: sha256(large) },
      ]);
      expect((await operate(running, ['blocks', 'list'])).split('\n').toSorted()).toEqual(
        [sha256(small), sha256(large)].toSorted(),
      );
      await expectTaken(waysIn, clients, small, false);
      await expectTaken({ ...waysIn, ...waysInParts }, clients, large, false);
      const copy = { json: { destinationKey: 'copied' } };
      const copied = await buckets.call(
        bucketClient,
        'POST',
        `${buckets.objectPath(bucket, 'kept')}/copy`,
        copy,
      );
      expect([copied.status, await copied.json()]).toMatchObject([403, { error: { code: 'forbidden' } }]);
      const others = someBytes(partSize + 100, 8);
      await expectTaken({ ...waysIn, ...waysInParts }, clients, others, true);

      await operate(running, ['blocks', 'remove', sha256(large)]);
      await operate(running, ['blocks', 'remove', sha256(small)]);
      const unknown = await mayflyCommand(
        running.dataDir,
        ['blocks', 'remove', sha256(small), 'x'],
        running.stores,
      );
      expect([unknown.code, unknown.stderr.split('\n').length]).toEqual([1, 3]);
      await expectTaken({ ...waysIn, ...waysInParts }, clients, large, true);
    });

    test('leaves exact usage and blobs', async () => {
      const { wrongUsage, missing, wrongSize, wrongParts } = JSON.parse(await operate(running, ['check']));
      expect([wrongUsage, missing, wrongSize, wrongParts].flat()).toEqual([]);
    });
  });
}

describe('on disk', () => {
  takedowns(startedOnce(() => startFileServer({ clockless: true })));
});

await suiteWith(['versitygw'], 'with S3', () => {
  takedowns(startedOnce(() => startFileServer({ withS3: true, clockless: true })));
});

import { expect, test } from 'bun:test';
import {
  completeUpload,
  createBucket,
  deleteObject,
  getObject,
  putObject,
  putPart,
  startUpload,
} from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put, putPart as putPayloadPart, readRaw, remove, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { startDownload } from '../support/pausable-download.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement } from './agreement.ts';

const MiB = 1024 * 1024;
const partSize = 5 * MiB;
const minute = 60_000;
/** The defaults of LONGEST_READ and CACHE_SECONDS (ms). */
const [longestRead, cacheTime] = [6 * 60 * minute, 1000];

type PartUpload = { upload_id: string; part_size: number; parts: { number: number; url: string }[] };

await suiteOnCluster(
  'content on several nodes',
  { env: { UPLOAD_LEASE: '1s', LONGEST_UPLOAD: '1s' } },
  (cluster) => {
    const urlOf = (turn: number) => {
      const { nodes } = cluster();
      return nodes[turn % nodes.length]?.url ?? '';
    };
    /** A bucket that everybody can read, of an account of its own. */
    async function newBucket(name: string) {
      const key = await cluster().command('keys', 'create', '--kind', 'storage', '--account', name);
      const client = { url: urlOf(0), key };
      await createBucket(client, name);
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ public: true });
      expect(await statusOf(`${client.url}/v1/buckets/${name}`, { method: 'PATCH', headers, body })).toBe(
        200,
      );
      return client;
    }

    test('the parts of an object arrive at different nodes', async () => {
      const client = await newBucket('parted');
      const on = (turn: number) => ({ ...client, url: urlOf(turn) });
      const bytes = bytesOf('parted', 3 * partSize + 77);
      const begun = await startUpload(on(0), 'parted', 'it');
      const pieces = [0, 1, 2, 3].map((index) => bytes.subarray(index * partSize, (index + 1) * partSize));
      const parts = await Promise.all(
        pieces.map((piece, index) => putPart(on(index + 1), begun, index + 1, piece)),
      );
      // Two nodes complete it at once: it happens once.
      const completions = await Promise.all([0, 1, 2].map((turn) => completeUpload(on(turn), begun, parts)));
      expect(completions.filter(Boolean)).toHaveLength(1);
      for (const turn of [0, 1, 2])
        expect((await getObject(on(turn), 'parted', 'it'))?.equals(bytes)).toBe(true);
      await deleteObject(on(1), 'parted', 'it');
    });

    /** Sends the parts of a payload, each to another node. @returns A function that completes it on a node. */
    async function sendParts(bytes: Buffer) {
      const started = await fetch(`${urlOf(0)}/api/v1/payloads/uploads`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ size: bytes.length, mime_type: 'application/octet-stream' }),
      });
      const { upload_id, part_size, parts } = (await started.json()) as PartUpload;
      const sent = await Promise.all(
        parts.map(async ({ number, url }) => {
          const path = url.slice(new URL(url).origin.length);
          const piece = bytes.subarray((number - 1) * part_size, number * part_size);
          return { number, etag: await putPayloadPart(urlOf(number) + path, piece) };
        }),
      );
      return (turn: number) =>
        fetch(`${urlOf(turn)}/api/v1/payloads/uploads/${upload_id}/complete`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ parts: sent }),
        });
    }
    const createdIn = async (answer: Response) =>
      (await answer.json()) as { hash_id: string; delete_token: string };

    test('the parts of a payload arrive at different nodes', async () => {
      const bytes = bytesOf('payload in parts', 2 * partSize + 5);
      const complete = await sendParts(bytes);
      const answers = await Promise.all([0, 1, 2].map(complete));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 404, 404]);
      const { hash_id: id } = await createdIn(answers.find(({ status }) => status === 201) as Response);
      for (const turn of [0, 1, 2]) expect((await readRaw(urlOf(turn), id)).equals(bytes)).toBe(true);
    });

    /** Sweeps on two machines at once. */
    const sweepTwice = () => Promise.all([cluster().command('sweep'), cluster().command('sweep')]);

    test('an object streams to its end from one node while others delete and sweep it', async () => {
      const client = await newBucket('streamed');
      const bytes = bytesOf('streamed', 8 * partSize);
      await putObject(client, 'streamed', 'it', bytes);
      const [first] = cluster().nodes;
      const download = await startDownload(first?.port ?? 0, '/v1/buckets/streamed/objects/it');
      download.pause();
      await deleteObject({ ...client, url: urlOf(1) }, 'streamed', 'it');
      await sweepTwice();
      download.resume();
      expect((await download.body).equals(bytes)).toBe(true);
      expect(await getObject({ ...client, url: urlOf(2) }, 'streamed', 'it')).toBeUndefined();
    });

    // Rule: docs/postgresql.md, "Several servers": Downloads.
    test('content in parts streams to its end too, and its parts leave S3 after LONGEST_READ', async () => {
      const { s3, nodes, query, command } = cluster();
      const bytes = bytesOf('streamed in parts', 8 * partSize);
      const before = new Set(await s3.listKeys());
      const { hash_id: id, delete_token } = await createdIn(await (await sendParts(bytes))(0));
      const keys = (await s3.listKeys()).filter((key) => !before.has(key));
      expect(keys.length).toBeGreaterThan(1);
      const left = async () => (await s3.listKeys()).filter((key) => keys.includes(key));
      const download = await startDownload(nodes[0]?.port ?? 0, `/raw/${id}`);
      download.pause();
      await remove(urlOf(1), id, delete_token);
      await sweepTwice();
      download.resume();
      expect((await download.body).equals(bytes)).toBe(true);
      expect(await statusOf(`${urlOf(2)}/raw/${id}`)).toBe(404);

      const pass = (time: number) => query('UPDATE blob_journal SET due_at = due_at - $1', [time]);
      await pass(longestRead - minute);
      await command('sweep');
      expect(await left()).toEqual(keys);
      await pass(minute + cacheTime);
      await command('sweep');
      expect(await left()).toEqual([]);
    });

    test('sweeps of several nodes at once remove everything once', async () => {
      const create = (index: number) =>
        index % 3 === 0
          ? put(urlOf(index), bytesOf(`swept ${index}`, 100 * 1024), '?ttl=1')
          : post(urlOf(index), { content: textOf(`swept ${index}`, 1500), ttl: 1 });
      const ids = await Promise.all(Array.from({ length: 120 }, (_, index) => create(index)));
      const last = ids.at(-1);
      await waitFor('the expiry', async () => (await statusOf(`${urlOf(0)}/raw/${last}`)) === 404);
      const counts = { payloads: 0, blobs: 0, failures: 0 };
      await waitFor('everything to be removed', async () => {
        const reports = await Promise.all([0, 1, 2].map(() => cluster().command('sweep')));
        for (const report of reports.map((text) => JSON.parse(text) as typeof counts)) {
          counts.payloads += report.payloads;
          counts.blobs += report.blobs;
          counts.failures += report.failures;
        }
        return counts.payloads >= 120 && counts.blobs >= 40;
      });
      expect(counts).toMatchObject({ payloads: 120, failures: 0 });
      for (const turn of [0, 1, 2])
        for (const id of ids) expect(await statusOf(`${urlOf(turn)}/raw/${id}`)).toBe(404);
    });

    test('nothing is missing or over, and the usage is exact', () => expectAgreement(cluster()));
  },
);

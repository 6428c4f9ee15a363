import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, fetchTransport } from '../../src/client/index.ts';
import {
  call as callUploadkit,
  complete,
  example,
  list as listPictures,
  put as putTo,
  request,
  uploaded,
} from '../api/uploadkit/client.ts';
import {
  type BucketClient,
  completeUpload,
  createBucket,
  putObject,
  putPart,
  startUpload,
} from '../faults/bucket-requests.ts';
import { bytesOf } from '../faults/content.ts';
import { confirm, guestToken, presign, putBytes, readFile } from '../faults/file-requests.ts';
import { post, put, readRaw } from '../faults/requests.ts';
import { suiteWithPostgres } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { expectAgreement } from './agreement.ts';
import { createWithKey } from './idempotent-create.ts';
import { Load } from './load.ts';
import { insertOlderPayloads, MoveScene } from './moving.ts';

const bucket = 'kept';
const partSize = 5 * 1024 ** 2;

// Rules: docs/postgresql.md, "Moving to PostgreSQL".
await suiteWithPostgres('a move under load', () => {
  setDefaultTimeout(400_000);
  let scene: MoveScene;
  let receiver: WebhookReceiver;
  let secret = '';
  let older = new Map<string, string>();
  /** Calls that write or count. */
  let lateCalls: () => Promise<Response>[] = () => [];

  beforeAll(async () => {
    receiver = await startWebhookReceiver(() => secret);
    scene = await MoveScene.start({
      fill: (raw) => {
        older = insertOlderPayloads(raw, 1200);
      },
    });
  }, 120_000);
  afterAll(async () => {
    await scene?.stop();
    await receiver?.stop();
  }, 120_000);

  /** What clients of all APIs have and have begun. @returns Checks of it, on any server. */
  async function prepare(): Promise<(url: string) => Promise<void>> {
    const { url } = scene.source;
    const key = await createKey('storage');
    const client: BucketClient = { url, key };
    const counted = await post(url, { content: 'read me twice', max_reads: 2 });
    const burnt = await post(url, { content: 'gone', max_reads: 1 });
    await readRaw(url, burnt);
    const blob = await put(url, bytesOf('a blob', 300_000));
    const once = await createWithKey(url, 'once', 'idempotent');
    const created = await once.text();
    await createBucket(client, bucket);
    await putObject(client, bucket, 'small', bytesOf('small', 1000));
    await putObject(client, bucket, 'large', bytesOf('large', 200_000));
    const upload = await startUpload(client, bucket, 'in-parts');
    const parts = [await putPart(client, upload, 1, bytesOf('part 1', partSize))];
    const { url: signedUrl } = await createClient({
      url,
      key,
      transport: fetchTransport(fetch),
    }).buckets.sign(bucket, 'large', { method: 'GET', expiresIn: 3600 });
    receiver.behave(503);
    const hook = await fetch(`${url}/v1/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: receiver.url }),
    });
    ({ signingSecret: secret } = (await hook.json()) as { signingSecret: string });
    await putObject(client, bucket, 'announced', bytesOf('announced', 500));
    const call = await waitFor('the first call', () => receiver.calls[0]);
    const guest = await guestToken(url);
    const presigned = await presign(url, guest, 100_000);
    await putBytes(presigned, bytesOf('file', 100_000));
    const file = await confirm(url, guest, presigned);
    const waiting = await presign(url, guest, 70_000);
    const routeKey = await createKey('uploadkit');
    await scene.onSource('routes', 'create', 'pictures', '--account', 'acme', '--max-size', '4MB');
    const uploadkit = { url, account: 'acme', key: routeKey };
    const picture = { routeSlug: 'pictures', fileSize: 5 };
    const photo = await uploaded(uploadkit, picture);
    const requested = await request(uploadkit, picture);
    const validators = await headers(url);
    lateCalls = () => [
      fetch(`${url}/raw/${counted}`),
      createWithKey(url, 'late', 'late'),
      fetch(`${url}/api/v1/auth/guest`, { method: 'POST' }),
      fetch(`${url}/v1/buckets/${bucket}/objects/late`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${key}` },
        body: 'late',
      }),
      callUploadkit(uploadkit, 'POST', '/upload/request', { ...example, ...picture }),
    ];

    /** The headers of a few answers, which must not change. */
    async function headers(at: string) {
      const paths = [`/raw/${blob}`, `/v1/buckets/${bucket}/objects/large`, `/f/${file.public_name}`];
      const answers = paths.map(async (path) => {
        const answer = await fetch(at + path, { headers: { authorization: `Bearer ${key}` } });
        const body = Bun.hash(await answer.arrayBuffer());
        const [etag, type, modified] = ['etag', 'content-type', 'last-modified'].map((name) =>
          answer.headers.get(name),
        );
        return { status: answer.status, etag, type, modified, body };
      });
      return Promise.all(answers);
    }

    return async (at) => {
      expect(await headers(at)).toEqual(validators);
      expect(String(await readRaw(at, counted))).toBe('read me twice');
      expect((await fetch(`${at}/raw/${burnt}`)).status).toBe(404);
      const again = await createWithKey(at, 'once', 'idempotent');
      expect([again.status, (await again.text()).replace(at, url)]).toEqual([201, created]);
      for (const [id, content] of [...older].slice(0, 20))
        expect(String(await readRaw(at, id))).toBe(content);
      const signed = await fetch(signedUrl.replace(url, at));
      expect(Buffer.from(await signed.arrayBuffer()).equals(bytesOf('large', 200_000))).toBe(true);
      // Uploads that began before go on.
      const there = { url: at, key };
      parts.push(await putPart(there, upload, 2, bytesOf('part 2', 1000)));
      expect(await completeUpload(there, upload, parts)).toBe(true);
      const reserved = { ...waiting, presigned_url: waiting.presigned_url.replace(url, at) };
      await putBytes(reserved, bytesOf('waiting', 70_000));
      const confirmed = await confirm(at, guest, reserved);
      expect((await readFile(at, confirmed.public_name)).equals(bytesOf('waiting', 70_000))).toBe(true);
      const listed = await fetch(`${at}/api/v1/files`, { headers: { authorization: `Bearer ${guest}` } });
      expect(((await listed.json()) as { files: unknown[] }).files).toHaveLength(2);
      const moved = { ...uploadkit, url: at };
      expect((await putTo(requested.uploadUrl.replace(url, at), 'photo')).status).toBe(200);
      const completed = await complete(moved, requested.fileId);
      expect((await listPictures(moved)).files.map(({ key }) => key)).toEqual([completed.key, photo.key]);
      receiver.behave(200);
      const calls = receiver.calls.length;
      await scene.query("UPDATE webhook_deliveries SET next_attempt_at = 1 WHERE status = 'pending'");
      const repeated = await waitFor(
        'the delivery',
        () => receiver.calls.slice(calls).find(({ id }) => id === call.id),
        {
          timeoutMs: 60_000,
        },
      );
      expect([repeated.body, repeated.isVerified]).toEqual([call.body, true]);
    };
  }

  async function createKey(kind: string): Promise<string> {
    const { stdout, stderr } = await scene.onSource('keys', 'create', '--kind', kind, '--account', 'acme');
    if (stdout === '') throw new Error(stderr);
    return stdout.trim();
  }

  test('loses nothing, and stops writes only briefly', async () => {
    const check = await prepare();
    const place = {
      url: scene.source.url,
      nodes: [scene.source],
      command: async (...args: string[]) => (await scene.onSource(...args)).stdout.trim(),
    };
    const load = await Load.prepare(place);
    let report = {} as Awaited<ReturnType<MoveScene['move']>>;
    // Reads of uncounted payloads work all the time.
    const readers = reading(scene.source.url, older);
    await load.during(
      async () => {
        await waitFor('some writes', () => load.acknowledged > 200, { timeoutMs: 60_000 });
        report = await scene.move();
      },
      { writers: 4, settle: 500, pause: 30 },
    );
    await readers.stop();
    console.log(
      `writes were stopped for ${report.writesStoppedMilliseconds} ms; ${load.acknowledged} calls acknowledged, ${readers.count()} reads; failed: ${JSON.stringify(load.failures)}`,
    );
    expect(load.problems).toEqual([]);
    expect(load.failures[503]).toBeGreaterThan(0);
    expect(report).toMatchObject({ unreadableBlobs: 0, wrongUsage: [] });
    expect(report.rows.payloads).toBeGreaterThan(1200);

    await expectLeft();
    const node = await scene.startNode();
    place.nodes = [node];
    place.url = node.url;
    expect(await load.losses()).toEqual([]);
    await check(node.url);
    const [outside] = await scene.query<{ n: number }>('SELECT count(*)::int AS n FROM payloads_legacy');
    expect(outside?.n).toBe(1200);
    const [sequence] = await scene.query<{ isPast: boolean }>(
      `SELECT (SELECT last_value FROM objects_n_seq) >= (SELECT max(n) FROM objects) AS "isPast"`,
    );
    expect(sequence?.isPast).toBe(true);
    await expectAgreement(await scene.cluster());
  });

  /** The source: it serves reads until it is stopped, and nothing else, ever. */
  async function expectLeft(): Promise<void> {
    const { url } = scene.source;
    const [id = '', content] = [...older][0] ?? [];
    expect(String(await readRaw(url, id))).toBe(content as string);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { stores: { database: 'moved' } }]);
    const answers = await Promise.all(lateCalls());
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
      answers.map(() => [503, '5']),
    );
    const [read, created, guest, stored, uploadkit] = await Promise.all(
      answers.map((answer) => answer.text()),
    );
    for (const text of [read, created]) expect(text).toContain('Storage is temporarily unavailable');
    for (const text of [guest, stored]) expect(JSON.parse(text ?? '')).toHaveProperty('error');
    expect(JSON.parse(stored ?? '')).toMatchObject({ error: { code: 'storage_unavailable' } });
    expect(JSON.parse(uploadkit ?? '')).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    for (const args of [['serve'], ['sweep'], ['check'], ['migrate'], ['keys', 'list']]) {
      const { code, stderr } = await scene.onSource(...args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^mayfly: "[^"]+" has moved to [^\n]+\n$/)]);
    }
    await scene.source.stop();
  }
}, ['versitygw', 'redis-server']);

/** Reads payloads one after the other until it is stopped. */
function reading(url: string, contents: Map<string, string>) {
  let isOver = false;
  let count = 0;
  const loop = async () => {
    while (!isOver) {
      for (const [id, content] of [...contents].slice(0, 10)) {
        expect(String(await readRaw(url, id))).toBe(content);
        count += 1;
      }
      await sleep(20);
    }
  };
  const ended = loop();
  ended.catch(() => undefined);
  return {
    count: () => count,
    stop: () => {
      isOver = true;
      return ended;
    },
  };
}

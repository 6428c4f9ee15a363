import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import * as buckets from '../api/buckets/client.ts';
import { expectError as expectBucketError } from '../api/buckets/errors.ts';
import { outOfReach } from '../api/file-server.ts';
import { expectError as expectPayloadError, idOf } from '../api/payloads/server.ts';
import { someBytes } from '../api/payloads/upload-client.ts';
import * as putput from '../api/putput/client.ts';
import * as uploadkit from '../api/uploadkit/client.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startRequest } from '../support/piecewise-request.ts';
import { type PostgresStores, startPostgresStores } from '../support/postgres-stores.ts';
import { stoppedAtTheEnd } from '../support/stopped-at-the-end.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { readMetric } from './metrics.ts';

setDefaultTimeout(180_000);

const limit = 1_000_000;
const anonymousLimit = 400_000;
/** docs/budgets.md, "Room": a lease and its guard. */
const leaseMs = 32_000;

await suiteWith(['postgres', 'versitygw', 'redis-server'], 'room that two nodes share', () => {
  const startStores = stoppedAtTheEnd(startPostgresStores);
  const start = stoppedAtTheEnd((stores: PostgresStores) =>
    startMayfly({
      clockless: true,
      readyWithinMs: 60_000,
      env: {
        ...outOfReach,
        ...stores.env,
        INLINE_LIMIT: '8KiB',
        MAX_STORAGE: String(limit),
        ANONYMOUS_STORAGE: String(anonymousLimit),
      },
    }),
  );
  let stores: PostgresStores;
  let nodes: [MayflyProcess, MayflyProcess];
  let key: string;
  let client: buckets.Client;
  beforeAll(async () => {
    stores = await startStores();
    nodes = [await start(stores), await start(stores)];
    const operated = { dataDir: nodes[0].dataDir, stores: stores.env, url: nodes[0].url };
    client = await buckets.newClient(operated);
    ({ key } = client);
  });

  const anonymousBytes = () => readMetric(nodes[0].url, 'mayfly_anonymous_bytes');
  const storedBytes = async () =>
    (await readMetric(nodes[0].url, 'mayfly_blob_bytes')) +
    (await readMetric(nodes[0].url, 'mayfly_database_bytes'));
  const put = ({ url }: MayflyProcess, size: number, headers: Record<string, string> = {}) =>
    fetch(`${url}/x.bin`, { method: 'PUT', headers, body: someBytes(size) });

  /** Stores from many callers on both nodes at once. Resolves to the ids that were stored. */
  async function flood(sizes: number[], send: (node: MayflyProcess, size: number) => Promise<Response>) {
    const answers = await Promise.all(
      Array.from({ length: 150 }, (_, count) =>
        send(nodes[count % 2 === 0 ? 0 : 1], sizes[count % sizes.length] ?? 0),
      ),
    );
    const made: string[] = [];
    for (const answer of answers) {
      const text = await answer.text();
      expect({ status: answer.status, text }).toEqual({
        status: answer.status === 201 ? 201 : 507,
        text: expect.any(String),
      });
      if (answer.status === 201) made.push(text.trim());
    }
    expect(made.length).toBeLessThan(answers.length);
    return made;
  }

  /**
   * Stores what is left, in few pieces, since each row takes room too, until there is none. What the other node leased
   * and does not use returns in seconds.
   */
  async function fill(left: () => Promise<number>, send: (size: number) => Promise<Response>) {
    const filled = async () => {
      for (;;) {
        const size = Math.min(await left(), 10_000);
        if (size <= 0) return true;
        const { status } = await send(size);
        if (status === 201) continue;
        expect(status).toBe(507);
        return false;
      }
    };
    await waitFor('the room to be used', filled, { everyMs: 200, timeoutMs: 120_000 });
  }

  test('ANONYMOUS_STORAGE is never exceeded, and one node can use all of it', async () => {
    const made = await flood([20_000, 500, 3000], (node, size) => put(node, size));
    expect(await anonymousBytes()).toBeLessThanOrEqual(anonymousLimit);
    await fill(
      async () => anonymousLimit - (await anonymousBytes()),
      (size) => put(nodes[0], size),
    );
    expect(await anonymousBytes()).toBe(anonymousLimit);
    await expectPayloadError(await put(nodes[1], 1), 507);

    const [removed = ''] = made;
    await mayflyOutput(nodes[0].dataDir, ['remove', `/p/${idOf(removed)}`], stores.env);
    const size = anonymousLimit - (await anonymousBytes());
    expect(size).toBeGreaterThan(0);
    expect((await put(nodes[1], size)).status).toBe(201);
  });

  test('MAX_STORAGE is never exceeded, and one node can use all but a row of it', async () => {
    const { name } = await buckets.newBucket(client);
    let count = 0;
    const store = ({ url }: MayflyProcess, size: number) => {
      count += 1;
      return buckets.put({ ...client, url }, name, `key-${count}`, someBytes(size));
    };
    await flood([20_000, 500, 3000], store);
    expect(await storedBytes()).toBeLessThanOrEqual(limit);
    const row = 512;
    await fill(
      async () => limit - row - (await storedBytes()),
      (size) => store(nodes[1], size),
    );
    expect(await storedBytes()).toBeLessThanOrEqual(limit);

    for (const { url } of nodes) {
      await expectBucketError(
        await buckets.put({ ...client, url }, name, 'refused', 'content'),
        'insufficient_storage',
      );
      const guest = await putput.newClient(url);
      await putput.expectError(
        await putput.call(guest, 'POST', '/upload/presign', putput.example),
        'INSUFFICIENT_STORAGE',
      );
    }
    const route = { dataDir: nodes[0].dataDir, stores: stores.env, url: nodes[0].url };
    const kit = await uploadkit.newClient(route);
    await uploadkit.expectError(
      await uploadkit.call(kit, 'POST', '/upload/request', uploadkit.example),
      'INSUFFICIENT_STORAGE',
    );

    // A removal by one node makes room on the other.
    const large = (await buckets.list(client, name)).data.find((object) => object.size === 20_000);
    await buckets.done(buckets.remove(client, name, large?.key ?? ''));
    expect((await store(nodes[1], 20_000)).status).toBe(201);
    for (const object of (await buckets.list(client, name)).data.slice(0, 20))
      await buckets.remove(client, name, object.key);
  });

  test('the lease of a node that was killed ends by time', async () => {
    const [other, killed] = nodes;
    const room = limit - (await storedBytes());
    const headers = { Authorization: `Bearer ${key}` };
    const size = Math.floor(0.7 * room);
    const wanted = Math.floor(0.6 * room);
    const seenRoom = () => readMetric(other.url, 'mayfly_room_bytes');
    // Its last reading may be older than the removals.
    await waitFor('the room to be seen', async () => (await seenRoom()) >= wanted);
    const upload = await startRequest(killed.port, { headers, contentLength: size });
    upload.answer.catch(() => undefined);
    await upload.send(someBytes(size - 1));
    const tryToStore = async () => (await put(other, wanted, headers)).status;
    await waitFor('the room to be leased', async () => (await seenRoom()) < wanted);
    await killed.kill();
    const killedAt = performance.now();
    expect(await tryToStore()).toBe(507);
    await waitFor('the lease to end', async () => (await tryToStore()) === 201, {
      timeoutMs: leaseMs + 10_000,
      everyMs: 500,
    });
    expect(performance.now() - killedAt).toBeGreaterThan(leaseMs / 2);
  });
});

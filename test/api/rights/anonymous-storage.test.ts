import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { stoppedAtTheEnd } from '../../support/stopped-at-the-end.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import * as buckets from '../buckets/client.ts';
import { type FileServer, operate, startFileServer, sweep } from '../file-server.ts';
import { api, create, post, upload } from '../payloads/server.ts';
import { abort, begin, complete, postBegin, putAll, someBytes } from '../payloads/upload-client.ts';
import * as putput from '../putput/client.ts';

setDefaultTimeout(120_000);

const budget = 2_000_000;
type StoresOf = { withS3?: boolean; withPostgres?: boolean };
const start = stoppedAtTheEnd((stores: StoresOf, ANONYMOUS_STORAGE: string) =>
  startFileServer({ ...stores, clockless: true, env: { ANONYMOUS_STORAGE, MAX_STORAGE: '1GiB' } }),
);

async function anonymousBytes({ url }: FileServer): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^mayfly_anonymous_bytes (\d+)$/m.exec(metrics)?.[1]);
}

async function expectNoRoom(response: Response): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status: 507, text: expect.stringMatching(/room/) });
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
}

const put = ({ url }: FileServer, body: BodyInit, headers = {}) =>
  fetch(`${url}/x.bin`, { method: 'PUT', headers, body });

function budgets(stores: StoresOf): void {
  let server: FileServer;
  beforeAll(async () => {
    server = await start(stores, String(budget));
  });

  test('anonymous callers share it in every API, and other accounts are not affected', async () => {
    const guest = await putput.newClient(server.url);
    const client = await buckets.newClient(server);
    const { name: bucket } = await buckets.newBucket(client);
    const presign = (size_bytes: number) =>
      putput.call(guest, 'POST', '/upload/presign', { ...putput.example, size_bytes });

    const inDatabase = await upload(server, someBytes(1000));
    const inBlob = await upload(server, someBytes(900_000));
    const file = await putput.uploaded(guest, { bytes: someBytes(600_000) });
    const inParts = await begin(server, 300_000);
    const made = await complete(server, inParts, await putAll(inParts, someBytes(300_000)));
    expect(await anonymousBytes(server)).toBe(1_801_000);

    await expectNoRoom(await put(server, someBytes(200_000)));
    await expectNoRoom(await put(server, new Blob([someBytes(200_000)]).stream()));
    await expectNoRoom(await post(server, { content: 'x'.repeat(200_000), mime_type: 'text/plain' }));
    await expectNoRoom(await postBegin(server, { size: 200_000, mime_type: 'text/plain' }));
    await expectNoRoom(await presign(200_000));
    expect(await anonymousBytes(server)).toBe(1_801_000);

    const headers = { Authorization: `Bearer ${client.key}` };
    expect((await put(server, someBytes(3_000_000), headers)).status).toBe(201);
    await buckets.stored(client, bucket, 'large', someBytes(3_000_000));
    expect(await anonymousBytes(server)).toBe(1_801_000);

    // However it is removed, its room is free immediately.
    await putput.call(guest, 'DELETE', `/files/${file.id}`);
    expect(await anonymousBytes(server)).toBe(1_201_000);
    expect((await put(server, someBytes(700_000), { 'X-Max-Reads': '1' })).status).toBe(201);
    await fetch(`${server.url}${api}/${inBlob}`, { method: 'DELETE' });
    for (const id of [inDatabase, made.hash_id, inBlob])
      await operate(server, ['remove', `/p/${id}`]).catch(() => 0);
    // On PostgreSQL, parts that other nodes may still read count until LONGEST_READ is over.
    const kept = stores.withPostgres ? 300_000 : 0;
    expect(await anonymousBytes(server)).toBe(700_000 + kept);
    expect(JSON.parse(await operate(server, ['check'])).wrongUsage).toEqual([]);
  });

  test('a last read, an expiry and an aborted upload free their bytes', async () => {
    const before = await anonymousBytes(server);
    const { hash_id: once } = await create(server, { content: 'x'.repeat(1000), max_reads: 1 });
    await Promise.all(Array.from({ length: 50 }, () => create(server, { content: 'x'.repeat(100), ttl: 1 })));
    const begun = await begin(server, 5000);
    await putAll(begun, someBytes(5000));
    expect(await anonymousBytes(server)).toBe(before + 1000 + 5000 + 5000);
    await abort(server, begun.upload_id);
    await fetch(`${server.url}/raw/${once}`).then((response) => response.text());
    const isSwept = async () => {
      await sweep(server);
      return (await anonymousBytes(server)) === before;
    };
    await waitFor('what has expired to be swept', isSwept);
  });

  test('many concurrent callers store no more than there is room for', async () => {
    const left = budget - (await anonymousBytes(server));
    const size = Math.floor(left / 10);
    const answers = await Promise.all(Array.from({ length: 30 }, () => put(server, someBytes(size))));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status === 507).length).toBeGreaterThanOrEqual(20);
    expect(await anonymousBytes(server)).toBeLessThanOrEqual(budget);
  });
}

function nothing(stores: StoresOf): void {
  test('of 0: anonymous callers cannot store anything', async () => {
    const server = await start(stores, '0');
    await expectNoRoom(await put(server, ''));
    await expectNoRoom(await post(server, { content: 'x', mime_type: 'text/plain' }));
    const key = await operate(server, ['keys', 'create', '--kind', 'payload', '--account', 'acme']);
    expect((await put(server, 'x', { Authorization: `Bearer ${key}` })).status).toBe(201);
  });
}

describe('ANONYMOUS_STORAGE', () => {
  budgets({});
  nothing({});
});

await suiteWith(['versitygw'], 'ANONYMOUS_STORAGE with S3', () => budgets({ withS3: true }));

await suiteWith(['postgres', 'versitygw', 'redis-server'], 'ANONYMOUS_STORAGE with PostgreSQL', () => {
  budgets({ withPostgres: true });
  nothing({ withPostgres: true });
});

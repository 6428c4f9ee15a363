import { expect, test } from 'bun:test';
import { createBucket, getObject, putObject, shown } from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put, readRaw, streamOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { createWithKey } from './idempotent-create.ts';

const readers = 200;
const keyLimit = 150;
const guestLimit = 5;
const env = { ...shortLeases, KEY_RATE_LIMIT: String(keyLimit), GUEST_RATE_LIMIT: String(guestLimit) };

// Rules: docs/contract/shared.md, "Rate limits" and "Idempotency"; docs/contract/payloads.md, "Counted reads".
await suiteOnCluster('nodes on one database', { runtimes: ['bun', 'bun', 'deno'], env }, (cluster) => {
  /** The URL of each node in turn. */
  const urlOf = (turn: number) => {
    const { nodes } = cluster();
    return nodes[turn % nodes.length]?.url ?? '';
  };
  const each = <Value>(count: number, call: (turn: number) => Promise<Value>) =>
    Promise.all(Array.from({ length: count }, (_, turn) => call(turn)));
  const key = (account: string) =>
    cluster().command('keys', 'create', '--kind', 'storage', '--account', account);

  test('share the limit of a key, which is exact', async () => {
    const authorization = `Bearer ${await key('limited')}`;
    const statuses = await each(keyLimit + 30, async (turn) => {
      const response = await fetch(`${urlOf(turn)}/v1/buckets`, { headers: { authorization } });
      await response.arrayBuffer();
      return response.status;
    });
    expect(statuses.filter((status) => status === 200)).toHaveLength(keyLimit);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  });

  test('share the limit of an address, which is exact', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    const statuses = await each(24, async (turn) => {
      const response = await fetch(`${urlOf(turn)}/api/v1/auth/guest`, { method: 'POST', headers });
      await response.arrayBuffer();
      return response.status;
    });
    expect(statuses.filter((status) => status === 201)).toHaveLength(guestLimit);
    expect(statuses.filter((status) => status === 429)).toHaveLength(24 - guestLimit);
  });

  test('run a request with an idempotency key once, and repeat its response', async () => {
    for (let round = 0; round < 12; round += 1) {
      const name = `idempotent ${round}`;
      const content = textOf(name, 1500);
      const create = async (turn: number) => {
        const response = await createWithKey(urlOf(turn), name, content);
        const { hash_id } = (await response.json()) as { hash_id?: string };
        return { status: response.status, id: hash_id };
      };
      const answers = await each(9, create);
      const created = answers.filter(({ status }) => status === 201);
      expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
      expect(created.length).toBeGreaterThan(0);
      const later = await each(3, create);
      const [id, ...others] = new Set([...created, ...later].map((answer) => answer.id));
      expect(others).toEqual([]);
      for (const { status } of later) expect(status).toBe(201);
      expect(String(await readRaw(urlOf(round), String(id)))).toBe(content);
    }
  });

  test('read on any node what was written on one', async () => {
    await each(30, async (turn) => {
      const url = urlOf(turn);
      const name = `anywhere ${turn}`;
      const inline = textOf(name, 1500);
      const blob = bytesOf(name, 200 * 1024);
      const ids = [
        await post(url, { content: inline }),
        await put(url, blob),
        await put(url, streamOf(blob)),
      ];
      for (const offset of [1, 2, 0]) {
        const [first, second, third] = await Promise.all(ids.map((id) => readRaw(urlOf(turn + offset), id)));
        expect(String(first)).toBe(inline);
        expect(second?.equals(blob)).toBe(true);
        expect(third?.equals(blob)).toBe(true);
      }
    });
  });

  test('show the newest object on every node as soon as its write is acknowledged', async () => {
    const bucket = 'newest';
    const client = { url: urlOf(0), key: await key('newest') };
    await createBucket(client, bucket);
    for (let round = 0; round < 12; round += 1) {
      const bytes = bytesOf(`newest ${round}`, round % 2 === 0 ? 1000 + round : 100 * 1024 + round);
      await putObject({ ...client, url: urlOf(round) }, bucket, 'it', bytes);
      for (const turn of [0, 1, 2]) {
        const on = { ...client, url: urlOf(turn) };
        expect((await getObject(on, bucket, 'it'))?.equals(bytes)).toBe(true);
        expect((await shown(on, bucket)).sizeBytes).toBe(bytes.length);
      }
    }
  });

  for (const [kind, length] of [
    ['inline', 1000],
    ['in S3', 200 * 1024],
  ] as const) {
    test(`serve a counted payload, ${kind}, exactly as often as it may be read`, async () => {
      for (const reads of [1, 7]) {
        const content = textOf(`${kind} ${reads}`, length);
        const id = await post(urlOf(reads), { content, max_reads: reads });
        const answers = await each(readers, async (turn) => {
          const response = await fetch(`${urlOf(turn)}/raw/${id}`, { keepalive: false });
          return { status: response.status, body: await response.text() };
        });
        const served = answers.filter(({ status }) => status === 200);
        expect(served.map(({ body }) => body)).toEqual(Array(reads).fill(content));
        expect(answers.filter(({ status }) => status === 404)).toHaveLength(readers - reads);
      }
    });
  }

  test('leave nothing missing, nothing over, and exact usage', () => expectAgreement(cluster()));
});

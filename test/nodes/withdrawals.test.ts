import { expect, test } from 'bun:test';
import { createBucket, deleteObject, getObject, putObject } from '../faults/bucket-requests.ts';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, remove, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait-for.ts';

/** How long other nodes may serve a deleted payload (ms): `CACHE_SECONDS`, and what a busy machine needs. */
const cacheTime = 1000 + 500;

// Rules: docs/postgresql.md, "Caches"; docs/contract/shared.md, "Accounts, keys and plans".
await suiteOnCluster('what is withdrawn on one node', { runtimes: ['bun', 'bun', 'deno'] }, (cluster) => {
  const urls = () => cluster().nodes.map(({ url }) => url);
  const statuses = (path: string, headers: Record<string, string> = {}) =>
    Promise.all(urls().map((url) => statusOf(url + path, { headers })));
  const storageKey = (account: string) =>
    cluster().command('keys', 'create', '--kind', 'storage', '--account', account);
  const everywhere = (status: number) => urls().map(() => status);

  /** Runs `work` while a path is read on every node, so that the caches of all are warm. */
  async function whileReading(path: string, headers: Record<string, string>, work: () => Promise<void>) {
    let isOver = false;
    expect(await statuses(path, headers)).toEqual(everywhere(200));
    const readers = urls().map(async (url) => {
      while (!isOver) await statusOf(url + path, { headers });
    });
    try {
      await work();
    } finally {
      isOver = true;
      await Promise.all(readers);
    }
  }

  test('a payload that is deleted is gone there at once, and on every node within the time of the caches', async () => {
    for (let round = 0; round < 6; round += 1) {
      const [first = '', second = '', third = ''] = urls();
      const url = [first, second, third][round % 3] ?? '';
      const id = await post(url, { content: textOf(`deleted ${round}`, 1000) });
      await whileReading(`/raw/${id}`, {}, async () => {
        await remove(url, id);
        expect(await statusOf(`${url}/raw/${id}`)).toBe(404);
        const isGone = async () => (await statuses(`/raw/${id}`)).every((status) => status === 404);
        await waitFor('every node', isGone, { timeoutMs: cacheTime });
      });
    }
  });

  test('an object that is deleted is gone on every node at once', async () => {
    const bucket = 'deleting';
    const key = await storageKey(bucket);
    const [first = '', second = '', third = ''] = urls();
    await createBucket({ url: first, key }, bucket);
    for (const url of [first, second, third]) {
      await putObject({ url, key }, bucket, 'it', bytesOf(url, 1000));
      await getObject({ url: third, key }, bucket, 'it');
      await deleteObject({ url, key }, bucket, 'it');
      for (const on of urls()) expect(await getObject({ url: on, key }, bucket, 'it')).toBeUndefined();
    }
  });

  test('a key that is revoked stops working on every node when the answer arrives', async () => {
    const admin = await storageKey('revoking');
    const [first = ''] = urls();
    for (const way of ['API', 'command']) {
      const created = await fetch(`${first}/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: way }),
      });
      const { id, key } = (await created.json()) as { id: string; key: string };
      const headers = { authorization: `Bearer ${key}` };
      await whileReading('/v1/buckets', headers, async () => {
        if (way === 'command') await cluster().command('keys', 'revoke', id);
        else {
          const revocation = { method: 'DELETE', headers: { authorization: `Bearer ${admin}` } };
          expect(await statusOf(`${first}/v1/keys/${id}`, revocation)).toBe(204);
        }
        expect(await statuses('/v1/buckets', headers)).toEqual(everywhere(401));
      });
    }
  });

  test('an address that is banned is refused on every node when the command has ended', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.9' };
    await whileReading('/', headers, async () => {
      await cluster().command('ban', '198.51.100.9');
      expect(await statuses('/', headers)).toEqual(everywhere(403));
    });
  });

  test('content that is taken down is gone and blocked on every node when the command has ended', async () => {
    const content = textOf('taken down', 1000);
    const [first = ''] = urls();
    const id = await post(first, { content });
    await whileReading(`/raw/${id}`, {}, async () => {
      await cluster().command('remove', '--block', `${cluster().url}/p/${id}`);
      expect(await statuses(`/raw/${id}`)).toEqual(everywhere(404));
      for (const url of urls()) await expect(post(url, { content })).rejects.toThrow(/^403 /);
    });
  });

  test('a bucket that is made private is private on every node when the answer arrives', async () => {
    const key = await storageKey('private');
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const [first = ''] = urls();
    const bucket = 'soon-private';
    const make = (method: string, path: string, body: object) =>
      statusOf(`${first}/v1/buckets${path}`, { method, headers, body: JSON.stringify(body) });
    expect(await make('POST', '', { name: bucket, public: true })).toBe(201);
    await putObject({ url: first, key }, bucket, 'it', bytesOf('it', 1000));
    const path = `/v1/buckets/${bucket}/objects/it`;
    await whileReading(path, {}, async () => {
      expect(await make('PATCH', `/${bucket}`, { public: false })).toBe(200);
      expect(await statuses(path)).toEqual(everywhere(401));
    });
  });
});

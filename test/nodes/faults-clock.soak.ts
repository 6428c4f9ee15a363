import { expect, test } from 'bun:test';
import { put, readRaw, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { partPath } from '../support/parts.ts';
import { waitFor } from '../support/wait-for.ts';

// Rule: docs/operations.md, "The clock".
for (const offset of ['+10s', '-10s']) {
  const wrongClock = await partPath('faketime').then(
    (program) => [program, '-f', offset],
    () => [],
  );
  await suiteOnCluster(
    `a node whose clock is ${offset} off`,
    { proxy: 'haproxy', runtimes: ['bun', 'bun', 'deno'], commandPrefixes: { 1: wrongClock, 2: wrongClock } },
    (cluster) => {
      test('is not ready and gets no requests, and the others serve', async () => {
        const { nodes, url } = cluster();
        const [right, ...wrong] = nodes;
        expect(await statusOf(`${right?.url}/readyz`)).toBe(200);
        for (const node of wrong) {
          const response = await fetch(`${node.url}/readyz`);
          expect(response.status).toBe(503);
          expect(await response.json()).toMatchObject({ status: 'unavailable', stores: { clock: 'wrong' } });
        }
        await waitFor('the proxy to notice', async () => {
          const found = await Promise.all([1, 2, 3, 4, 5, 6].map(() => statusOf(`${url}/healthz`)));
          return found.every((status) => status === 200);
        });
        const id = await put(url, Buffer.from('on time'), '?ttl=1h');
        expect(String(await readRaw(url, id))).toBe('on time');
      });

      test('gives a payload the expiry of the database all the same', async () => {
        const expiries = await Promise.all(
          cluster().nodes.map(async ({ url }) => {
            const response = await fetch(`${url}/`, { method: 'PUT', body: 'x', headers: { 'x-ttl': '1h' } });
            await response.text();
            return Date.parse(response.headers.get('x-expires-at') ?? '');
          }),
        );
        expect(Math.max(...expiries) - Math.min(...expiries)).toBeLessThan(3000);
      });
    },
    ['faketime'],
  );
}

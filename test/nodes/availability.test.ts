import { afterAll, beforeAll, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../faults/content.ts';
import { readRaw } from '../faults/requests.ts';
import { clusterParts, type NodesOnDatabase, startNodes } from '../support/cluster.ts';
import { type PatroniCluster, startPatroni } from '../support/patroni.ts';
import type { PatroniMember } from '../support/patroni-member.ts';
import { roundsOr } from '../support/rounds.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { createOnce } from './idempotent-create.ts';
import { Load } from './load.ts';
import { Outage } from './outage.ts';

/** The longest call (ms): the deadline of a statement (12 s), and a wait for a connection before and after it (5 s). */
const longestCall = 22_000;
/** For a test with an outage and the return of the standby, on a machine with other work. */
const timeout = 240_000;

// Two nodes reach the primary through HAProxy, the third one by the addresses of both servers.
await suiteWith([...clusterParts, 'patroni', 'etcd'], 'PostgreSQL on two machines with Patroni', () => {
  let patroni: PatroniCluster;
  let cluster: NodesOnDatabase;
  let load: Load;

  beforeAll(async () => {
    patroni = await startPatroni();
    cluster = await startNodes(patroni, {
      env: { ...shortLeases, DATABASE_HA: 'true' },
      envOf: { 2: { DATABASE_URL: patroni.hostsUrl } },
    });
    load = await Load.prepare(cluster);
  }, timeout);
  afterAll(() => cluster?.stop(), timeout);

  const continues = async () => {
    const before = load.acknowledged;
    await waitFor('writes', () => load.acknowledged > before + 60, { timeoutMs: 60_000 });
  };

  /** Expects of each node that it knows whether the database has a synchronous standby. */
  const expectStandby = async (isThere: boolean) => {
    for (const { url } of cluster.nodes) {
      const knows = async () => {
        const response = await fetch(`${url}/readyz`);
        const { status, stores } = (await response.json()) as { status: string; stores: { standby: string } };
        return status === (isThere ? 'ready' : 'degraded') && stores.standby === (isThere ? 'ok' : 'away');
      };
      await waitFor(`${url} to know`, knows, { timeoutMs: 30_000 });
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toMatch(new RegExp(`^mayfly_synchronous_standbys ${isThere ? 1 : 0}$`, 'm'));
    }
  };

  /** Makes a fault under load, and expects that another primary takes over and that nothing is lost. */
  const takeOver = async (name: string, fault: (primary: PatroniMember) => Promise<void>) => {
    const outage = await Outage.watch(cluster.nodes);
    const before = await patroni.primary();
    let requests: ReturnType<typeof startIdempotent> = [];
    await load.during(async () => {
      await continues();
      requests = startIdempotent(cluster, name);
      await sleep(100);
      await fault(before);
      await waitFor('another primary', async () => (await patroni.primary()) !== before, {
        timeoutMs: 60_000,
      });
      await outage.untilOver();
      await continues();
    });
    await outage.end();
    const seconds = outage.gaps.map((gap) => (gap / 1000).toFixed(1)).join(', ');
    console.error(`${name}: no writes on the nodes for ${seconds} s; longest call ${outage.slowest | 0} ms`);
    expect(outage.problems).toEqual([]);
    expect(outage.slowest).toBeLessThan(longestCall);
    return { before, outage, requests };
  };

  /** Expects that the database has a standby again and that nothing acknowledged is lost. */
  const expectWhole = async (requests: ReturnType<typeof startIdempotent>) => {
    await patroni.untilWhole();
    await expectStandby(true);
    // As if the time of the leases had passed.
    await cluster.query('UPDATE idempotency_records SET lease_until = 0 WHERE answer IS NULL');
    for (const request of requests) {
      const { id, content } = await request;
      expect(String(await readRaw(cluster.url, id))).toBe(content);
    }
    expect(await load.losses()).toEqual([]);
    expect(load.problems).toEqual([]);
  };

  const rounds = Array.from({ length: roundsOr(1) }, (_, index) => `round ${index + 1}`);

  test.each(rounds)(
    'takes over from a primary that is killed with its Patroni, which becomes a standby again (%s)',
    async (round) => {
      const { before, outage, requests } = await takeOver(`killed, ${round}`, (primary) => primary.kill());
      expect(outage.refused).toEqual(Array(3).fill(['write', 'read', 'readiness']));
      await expectStandby(false);
      before.start();
      await expectWhole(requests);
    },
    timeout,
  );

  test.each(rounds)(
    'changes the primary by a planned switchover (%s)',
    async (round) => {
      const { requests } = await takeOver(`switchover, ${round}`, async ({ name }) => {
        const candidate = patroni.members.find((member) => member.name !== name)?.name ?? '';
        await patroni.control('switchover', 'mayfly', '--leader', name, '--candidate', candidate, '--force');
      });
      await expectWhole(requests);
    },
    timeout,
  );

  test.each(rounds)(
    'takes over from a primary that hangs, which acknowledges nothing when it goes on (%s)',
    async (round) => {
      const { before, requests } = await takeOver(`hangs, ${round}`, async (primary) => primary.pause());
      await load.during(async () => {
        before.resume();
        await continues();
      });
      await expectWhole(requests);
    },
    timeout,
  );

  test(
    'has exact rows, blobs and usage afterwards, and no idempotent request took effect twice',
    async () => {
      await expectAgreement(cluster);
      expect(await load.losses()).toEqual([]);
    },
    timeout,
  );
});

/** Clients that repeat a request with its key until they know its outcome. */
function startIdempotent({ nodes }: NodesOnDatabase, name: string) {
  return Array.from({ length: 12 }, async (_, index) => {
    // So that some are in progress at any moment of the next half second.
    await sleep(50 * index);
    const key = `${name} ${index}`;
    const content = textOf(`once ${key}`, 1500);
    const id = await createOnce(nodes[index % nodes.length]?.url ?? '', key, content, timeout);
    return { id, content };
  });
}

import { expect, test } from 'bun:test';
import { readMigrations } from '../../src/stores/postgres/database/migration-files.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { laterVersion } from '../support/later-version.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { stoppedAtTheEnd } from '../support/stopped-at-the-end.ts';
import { waitFor } from '../support/wait-for.ts';
import { startNginx } from '../support/web-proxies.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { Load } from './load.ts';

const code = readMigrations().length;
const columns = (table: string) => `ALTER TABLE "${table}" ADD COLUMN "made_up" integer DEFAULT 1`;

/** Adds a column that it writes into all payloads, and an index. */
const nextVersion = () =>
  laterVersion(checkout, {
    migrations: [
      ['payloads', 'payloads_legacy'].map(columns).join(';\n--> statement-breakpoint\n'),
      '-- outside of transactions\nCREATE INDEX CONCURRENTLY "made_up" ON "objects" USING btree ("size");',
    ],
    edits: [
      {
        file: 'stores/postgres/payloads/creates.ts',
        find: `(\${columns}) SELECT \${columns} FROM \${given}`,
        replacement: `(\${columns}, made_up) SELECT \${columns}, 2 FROM \${given}`,
      },
      {
        file: 'stores/postgres/payloads/statements.ts',
        find: `(\${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        replacement: `(\${columns}, made_up) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 2)`,
      },
    ],
  });

/** Requires the column, so that code that does not know it can insert no row. */
const contractingVersion = (next: string) =>
  laterVersion(next, {
    migrations: [
      `-- oldest code: ${code + 2}\n${['payloads', 'payloads_legacy']
        .map((table) => `ALTER TABLE "${table}" ALTER "made_up" DROP DEFAULT, ALTER "made_up" SET NOT NULL`)
        .join(';\n--> statement-breakpoint\n')}`,
    ],
  });

/** Whether a node has created a payload since its start. */
async function hasCreated(url: string): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return /^mayfly_http_request_seconds_count\{method="POST"/m.test(metrics);
}

/** The log lines about requests that failed. */
const faultsIn = (logs: string) => logs.split('\n').filter((line) => line.includes('"msg":"fault"'));

// Rules: docs/postgresql.md, "Upgrading several servers".
await suiteOnCluster(
  'an upgrade of one node after the other',
  {
    runtimes: ['bun', 'bun'],
    proxy: 'haproxy',
    // These are long enough for the migration, which may block for 2 s, and for a busy machine.
    checkTimeout: '10s',
    env: { ...shortLeases, UPLOAD_LEASE: '1m', STOP_DELAY: '3s' },
  },
  (cluster) => {
    const startFront = stoppedAtTheEnd(() =>
      startNginx({ ports: cluster().nodes.map(({ port }) => port), basePath: '', strips: false }),
    );

    test('goes forward behind HAProxy, back behind nginx and forward again without a failed request, and then excludes the old version', async () => {
      const next = nextVersion();
      const load = await Load.prepare(cluster());
      const progress = () => {
        const before = load.acknowledged;
        return waitFor('writes', () => load.acknowledged > before + 50, { timeoutMs: 60_000 });
      };
      const faults: string[] = [];
      const nginx = await startFront();
      const roll = async (program: string) => {
        cluster().program = program;
        for (const [index, node] of cluster().nodes.entries()) {
          // nginx does not ask /readyz, as HAProxy does.
          nginx.markDown(node.port);
          expect(await node.stop()).toBe(0);
          faults.push(...faultsIn(node.logs()));
          await progress();
          const { url } = await cluster().restart(index);
          nginx.markDown();
          await waitFor('requests from the proxy', () => hasCreated(url), { timeoutMs: 60_000 });
        }
      };
      const migrate = (program: string) => {
        cluster().program = program;
        return cluster().command('migrate');
      };
      const versions = () => cluster().query('SELECT version, oldest_code FROM schema');
      const written = () =>
        cluster().query<{ made_up: number }>('SELECT DISTINCT made_up FROM payloads ORDER BY 1');
      const done = 'The database is up to date.';
      const env = { ...cluster().env, LOG_LEVEL: 'info' };

      await load.during(
        async () => {
          await progress();
          expect(await Promise.all([migrate(next), migrate(next)])).toEqual([done, done]);
          await progress();
          await roll(next);
          expect(await written()).toEqual([{ made_up: 1 }, { made_up: 2 }]);
          load.url = nginx.origin;
          await roll(checkout);
          load.url = cluster().url;
          await roll(next);

          const old = await startMayfly({ env, clockless: true, readyWithinMs: 60_000 });
          const contracting = contractingVersion(next);
          await expect(migrate(contracting)).rejects.toThrow(/while servers of older versions use it/);
          // As if the command could not see that server.
          await cluster().query(`UPDATE schema SET oldest_code = ${code + 2}`);
          expect(await old.exited).toBe(1);
          expect(old.logs()).toContain('"event":"schema_unusable"');
          expect(await migrate(contracting)).toBe(done);
          await expect(startMayfly({ env, readyWithinMs: 60_000 })).rejects.toThrow(
            /only newer versions .* install/,
          );
          await progress();
        },
        { writers: 6 },
      );
      expect(await versions()).toEqual([{ version: code + 3, oldest_code: code + 2 }]);
      for (const node of cluster().nodes) faults.push(...faultsIn(node.logs()));
      const { problems, failures } = load;
      expect({ problems, failures, faults }).toEqual({ problems: [], failures: {}, faults: [] });
      expect(await load.losses()).toEqual([]);
      await expectAgreement(cluster());
      expect(await load.losses()).toEqual([]);
    }, 600_000);
  },
);

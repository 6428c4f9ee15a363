import { cpuOfTree } from '../cpu.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { median } from '../rounds.ts';
import type { Run } from '../run.ts';
import type { Server } from '../servers.ts';
import { type Load, putLoad } from '../wrk.ts';
import { logPosition, type PostgresServer } from './server.ts';

/** What one request costs: µs of processor time of a node and of PostgreSQL, and what it writes to the log. */
export type Costs = {
  perSecond: number;
  node: number;
  postgres: number;
  /** Syncs of the log for 1,000 requests. */
  syncs: number;
  /** Bytes of the log for one request. */
  log: number;
};

/**
 * Puts the same load on each of the servers at once, and measures what they and PostgreSQL spend together.
 *
 * @param seconds By default a round of the scale.
 */
export async function costsUnder(
  run: Run,
  lifetime: Lifetime,
  database: PostgresServer,
  servers: Server[],
  loads: Load[],
  seconds = run.scale.roundSeconds,
): Promise<Costs> {
  const before = await spent(database, servers);
  const samples = await Promise.all(
    servers.map((server, index) => putLoad(lifetime, server, loads[index] as Load, seconds)),
  );
  const after = await spent(database, servers);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const requests = sum(samples.map((sample) => sample.requests));
  const costs: Costs = {
    perSecond: sum(samples.map((sample) => sample.requestsPerSecond)),
    node: (after.nodes - before.nodes) / requests,
    postgres: (after.postgres - before.postgres) / requests,
    syncs: ((after.syncs - before.syncs) * 1000) / requests,
    log: (after.log - before.log) / requests,
  };
  const names = servers.map(({ name }) => name).join(' and ');
  run.say(`${loads[0]?.script}, ${names}: ${describeCosts(costs)}`);
  return costs;
}

/** What pgbench and PostgreSQL spend for each transaction of a script. */
export async function costsOfPgbench(run: Run, database: PostgresServer, script: string): Promise<Costs> {
  const before = await spent(database, []);
  const { connections, roundSeconds } = run.scale;
  const { transactions, perSecond } = await database.pgbench(script, connections, roundSeconds);
  const after = await spent(database, []);
  const costs: Costs = {
    perSecond,
    node: 0,
    postgres: (after.postgres - before.postgres) / transactions,
    syncs: ((after.syncs - before.syncs) * 1000) / transactions,
    log: (after.log - before.log) / transactions,
  };
  run.say(`pgbench: ${describeCosts(costs)}`);
  return costs;
}

/** The totals so far. Times are µs. */
async function spent(database: PostgresServer, servers: Server[]) {
  // A server may have workers.
  const nodes = servers.reduce((total, server) => total + cpuOfTree(server.pid), 0);
  const postgres = database.cpu();
  const log = await logPosition(database);
  // The statistics of a backend are visible a second after its last transaction at the latest.
  await Bun.sleep(1100);
  const [row] = await database.query<{ syncs: string }>('SELECT wal_sync AS syncs FROM pg_stat_wal');
  return { nodes, postgres, syncs: Number(row?.syncs), log };
}

/** Compares the medians of one cost. */
export function compareCosts(
  work: string,
  ours: Costs[],
  theirs: Costs[],
  what: keyof Costs,
  target?: Target,
): Finding {
  const unit = what === 'perSecond' ? '/s' : ' µs';
  const [own, other] = [medianCost(ours, what), medianCost(theirs, what)];
  const measured = `${formatCount(own)}${unit}; other ${formatCount(other)}${unit}`;
  return { work, measured, value: own / other, ...(target && { target }), samples: { ours, theirs } };
}

export function medianCost(samples: Costs[], what: keyof Costs): number {
  return median(samples.map((sample) => sample[what]));
}

function describeCosts({ perSecond, node, postgres, syncs, log }: Costs): string {
  const parts = [
    `node ${node.toFixed(1)} µs`,
    `PostgreSQL ${postgres.toFixed(1)} µs`,
    `${syncs.toFixed(1)} syncs per 1,000`,
    `${formatCount(log)} bytes of log`,
  ];
  return `${formatCount(perSecond)}/s, ${parts.join(', ')}`;
}

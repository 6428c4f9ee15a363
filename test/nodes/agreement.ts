import { expect } from 'bun:test';
import type { NodesOnDatabase } from '../support/cluster.ts';
import { operatorOutput } from '../support/operator.ts';
import { checkout } from '../support/parts.ts';
import { waitFor } from '../support/wait-for.ts';

/**
 * Settings that let leases end soon, so that sweeps remove what a crash left. Only a running node takes over leases, after
 * it has been in contact with the database for the time of one.
 */
export const shortLeases = {
  UPLOAD_LEASE: '1s',
  LONGEST_UPLOAD: '1s',
  LONGEST_READ: '1s',
  SWEEP_CRON: '* * * * * *',
};

/** For tests in which no upload may fail: on a busy machine, a node may take seconds to renew a lease. */
export const longerLeases = { ...shortLeases, UPLOAD_LEASE: '5s' };

/** Only another version of the program needs a process of its own. */
function run(cluster: NodesOnDatabase, command: string): Promise<string> {
  return cluster.program === checkout
    ? operatorOutput('/nothing', [command], cluster.env)
    : cluster.command(command);
}

/** Sweeps until no upload is open and no blob waits in the journal. Uploads in progress lapse. */
export async function sweepAll(cluster: NodesOnDatabase): Promise<void> {
  await cluster.query('UPDATE uploads SET expires_at = 1');
  // The claims of a sweep that was broken off end after a minute, which is not waited for.
  await cluster.query(`UPDATE blob_journal SET due_at = 1 WHERE purpose = 'remove'`);
  const isIdle = async () => {
    await run(cluster, 'sweep');
    const [left] = await cluster.query<{ n: number }>(
      'SELECT ((SELECT count(*) FROM blob_journal) + (SELECT count(*) FROM uploads))::int AS n',
    );
    return left?.n === 0;
  };
  await waitFor('no uploads and an empty journal', isIdle, { timeoutMs: 120_000, everyMs: 250 });
}

/**
 * Expects that rows, blobs and recorded usage agree, by `mayfly check` and by a comparison of S3 with the rows: nothing
 * is missing, nothing is left over. No two payloads have the same content, since the tests write none twice.
 */
export async function expectAgreement(cluster: NodesOnDatabase): Promise<void> {
  await sweepAll(cluster);
  const none = { damage: [], missing: [], wrongSize: [], orphans: [], wrongParts: [], wrongUsage: [] };
  expect(JSON.parse(await run(cluster, 'check'))).toMatchObject(none);
  const rows = await cluster.query<{ key: string }>(
    ['payloads', 'payloads_legacy', 'objects', 'uploads', 'parts']
      .map((table) => `SELECT 'blobs/' || blob_key AS key FROM ${table} WHERE blob_key IS NOT NULL`)
      .join(' UNION ALL '),
  );
  expect((await cluster.s3.listKeys('blobs/')).sort()).toEqual(rows.map(({ key }) => key).sort());
  expect(await cluster.s3.listMultipartUploads()).toEqual([]);
  const twice = await cluster.query(
    'SELECT sha256(content) FROM payloads WHERE content IS NOT NULL GROUP BY 1 HAVING count(*) > 1',
  );
  expect(twice).toEqual([]);
}

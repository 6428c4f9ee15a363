import { expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayflyOutput } from '../../support/mayfly-command.ts';
import { startMayfly } from '../../support/mayfly-process.ts';
import { startPostgres } from '../../support/postgres.ts';
import { startRedis } from '../../support/redis.ts';
import { startS3 } from '../../support/s3.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { environmentOf, find, nodeContainer, render } from './chart.ts';
import { postgres, postgresSecrets } from './values.ts';

/** What the pods on PostgreSQL run, without pods. */
export function testOnRealStores(): void {
  test('migrates and serves with the settings of its pods, and needs no volume', async () => {
    const [database, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3()]);
    const { S3_ENDPOINT = '', S3_REGION = '', S3_BUCKET = '', ...keys } = s3.env;
    const secrets = { ...postgresSecrets, ...keys, REDIS_URL: redis.url };
    const manifests = await render({
      ...postgres,
      settings: { S3_ENDPOINT, S3_REGION, S3_BUCKET },
      secrets: { values: { ...secrets, DATABASE_URL: await database.createDatabase() } },
    });
    const { stringData = {} } = find(manifests, 'Secret', 'mayfly');
    const folder = temporaryDirectory('secrets');
    for (const [name, value] of Object.entries(stringData)) writeFileSync(join(folder, name), value);
    const node = nodeContainer(manifests);
    const { PORT: _, DATA_DIR: __, ...mounted } = environmentOf(node);
    const env = Object.fromEntries(
      Object.entries(mounted).map(([name, value]) => [name, value.replace('/run/secrets/mayfly', folder)]),
    );
    const dataDir = join(temporaryDirectory('no-volume'), 'data');

    const migration = find(manifests, 'Job').spec.template?.spec.containers[0];
    expect(environmentOf(migration ?? node)).toEqual(environmentOf(node));
    await mayflyOutput(dataDir, migration?.args ?? [], env);
    const server = await startMayfly({ env, dataDir });
    const created = await fetch(`${server.url}/`, { method: 'POST', body: 'large '.repeat(50_000) });
    expect(created.status).toBe(201);
    await server.stop();
    expect(existsSync(dataDir)).toBe(false);
    await Promise.all([database.stop(), redis.stop(), s3.stop()]);
  }, 120_000);
}

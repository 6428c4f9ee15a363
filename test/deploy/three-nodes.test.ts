import { describe, expect, test } from 'bun:test';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { gracePeriod } from '../../src/cli/operate/stopping.ts';
import { readConfig, settings } from '../../src/config/index.ts';
import type { Setting } from '../../src/config/setting.ts';
import { parseDuration } from '../../src/core/quantity.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { composeProblems } from '../support/compose-problems.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { checkout, partPath } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { startProcess } from '../support/running-process.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { startHaproxyWith } from '../support/web-proxies.ts';

const folder = join(checkout, 'deploy', 'three-nodes');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

type Service = {
  image?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  networks?: string[];
  depends_on?: Record<string, { condition: string }> | string[];
  healthcheck?: { test: string[] };
  restart?: string;
  ports?: string[];
  stop_grace_period?: string;
};
type Compose = {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, unknown>;
};
const compose = Bun.YAML.parse(read('compose.yaml')) as Compose;
const nodes = ['node-1', 'node-2', 'node-3'];
const service = (name: string) => compose.services[name] as Service;

/** A copy of the folder with its secrets, made by its own script. */
async function copyWithSecrets(): Promise<string> {
  const copy = temporaryDirectory('three-nodes');
  cpSync(folder, copy, { recursive: true });
  await runScript(copy);
  return copy;
}

async function runScript(copy: string): Promise<void> {
  const made = startProcess('sh', [join(copy, 'make-secrets.sh')]);
  expect([await made.exited, made.output()]).toEqual([0, '']);
}

/** What a container gets: interpolated, with the secrets of a folder. */
function environmentOf(name: string, copy: string): Record<string, string> {
  const given = Object.entries(service(name).environment ?? {});
  return Object.fromEntries(
    given.map(([key, value]) => [
      key,
      value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1').replace('/run/secrets', join(copy, 'secrets')),
    ]),
  );
}

describe('deploy/three-nodes/compose.yaml', () => {
  test('fits the Compose schema, and passes a linter', () => {
    expect(composeProblems(join(folder, 'compose.yaml'))).toEqual([]);
  });

  test('gives three equal nodes only settings of Mayfly, and no secret but in a file', () => {
    const all = Object.values(settings) as Setting<unknown>[];
    const plain = all.filter(({ isSecret }) => !isSecret).map(({ name }) => name);
    const secret = all.filter(({ isSecret }) => isSecret).map(({ name }) => `${name}_FILE`);
    const withoutPassword = ['REDIS_URL'];
    for (const name of [...nodes, 'migrate']) {
      const { environment = {}, secrets = [] } = service(name);
      const known = [...plain, ...secret, ...withoutPassword];
      expect(Object.keys(environment).filter((key) => !known.includes(key))).toEqual([]);
      const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
      expect(files.toSorted()).toEqual(secrets.map((each) => `/run/secrets/${each}`).toSorted());
      expect(service(name).environment).toEqual(service('node-1').environment ?? {});
    }
    expect(read('compose.yaml')).not.toContain('PASSWORD:');
  });

  test('has settings that a start accepts, with the secrets of its script', async () => {
    const copy = await copyWithSecrets();
    const config = readConfig(environmentOf('node-1', copy));
    expect(config.database.kind).toBe('server');
    expect(config.limitNodes).toBe(nodes.length);
    expect(config.s3?.bucket).toBe('mayfly');
    const used = Object.values(compose.secrets).map(({ file }) => file.replace('./secrets/', ''));
    expect(readdirSync(join(copy, 'secrets')).toSorted()).toEqual(used.toSorted());
    // Containers of other users read the files, and nobody else enters the folder.
    expect(statSync(join(copy, 'secrets')).mode & 0o777).toBe(0o700);
    for (const name of used) expect(statSync(join(copy, 'secrets', name)).mode & 0o777).toBe(0o644);
    const before = used.map((name) => readFileSync(join(copy, 'secrets', name), 'utf8'));
    expect(new Set(before).size).toBe(used.length);
    await runScript(copy);
    expect(used.map((name) => readFileSync(join(copy, 'secrets', name), 'utf8'))).toEqual(before);
  });

  test('starts nodes after the migration, restarts what runs, and checks its health', () => {
    for (const name of nodes) {
      const { depends_on, healthcheck, restart, stop_grace_period, environment } = service(name);
      expect(depends_on).toMatchObject({ migrate: { condition: 'service_completed_successfully' } });
      expect(healthcheck?.test.join(' ')).toContain('/readyz');
      expect(restart).toBe('unless-stopped');
      const needed = gracePeriod + (parseDuration(environment?.STOP_DELAY ?? '') ?? Number.NaN);
      expect(parseDuration(stop_grace_period ?? '')).toBeGreaterThan(needed);
    }
    expect(service('migrate')).toMatchObject({ command: ['migrate'], restart: 'no' });
    for (const name of ['proxy', 'postgres', 'redis', 's3']) {
      expect(service(name).restart).toBe('unless-stopped');
      expect(service(name).healthcheck).toBeDefined();
    }
  });

  test('publishes only the proxy and S3, on loopback', () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name).toSorted()).toEqual(['proxy', 's3']);
    for (const [, { ports = [] }] of published)
      for (const port of ports) expect(port).toStartWith('127.0.0.1:');
    for (const name of ['postgres', 'redis', 'migrate']) expect(service(name).networks).toEqual(['stores']);
    expect(compose.networks.stores).toEqual({ internal: true });
  });

  test('has a health check of a node that passes while it is ready', async () => {
    const [, , ...check] = service('node-1').healthcheck?.test ?? [];
    const answers = [200, 503];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) => new Response(null, { status: url.endsWith('/readyz') ? answers[0] : 404 }),
    });
    const run = () =>
      startProcess(
        process.execPath,
        check.map((word) => word.replace(':8080', `:${server.port}`)),
      ).exited;
    expect(await run()).toBe(0);
    answers.shift();
    expect(await run()).toBe(1);
    await server.stop(true);
  });
});

await suiteWith(
  ['postgres', 'redis-server', 'versitygw'],
  'the stores of deploy/three-nodes, without containers',
  ({ versitygw }) => {
    test('are those that the settings of the nodes name', async () => {
      const copy = await copyWithSecrets();
      const [postgres, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3()]);
      const admin = new pg.Client({ connectionString: postgres.adminUrl() });
      await admin.connect();
      // The version that the tests run with (test/support/parts.ts).
      expect(service('postgres').image).toStartWith('postgres:15-');
      // The role of the tests has the same name.
      await admin.query('DROP ROLE mayfly');
      const script = join(copy, 'create-database.sql');
      writeFileSync(script, read('create-database.sql').replace('/run/secrets', join(copy, 'secrets')));
      const psql = join(dirname(await partPath('postgres')), 'psql');
      const created = startProcess(psql, ['-v', 'ON_ERROR_STOP=1', '-f', script, postgres.adminUrl()]);
      expect([await created.exited, created.output()]).toEqual([0, 'CREATE ROLE\nCREATE DATABASE\n']);
      const { rows } = await admin.query(
        `SELECT rolpassword LIKE 'SCRAM-SHA-256%' AS "hasPassword", rolsuper FROM pg_authid WHERE rolname = 'mayfly'`,
      );
      expect(rows).toEqual([{ hasPassword: true, rolsuper: false }]);
      await admin.end();

      const url = join(copy, 'secrets', 'database-url');
      const local = readFileSync(url, 'utf8').replace('@postgres/', `@127.0.0.1:${postgres.port}/`);
      writeFileSync(url, local);
      const env: Record<string, string> = {
        ...environmentOf('migrate', copy),
        REDIS_URL: redis.url,
        ...s3.env,
      };
      for (const name of ['S3_ACCESS_KEY_ID_FILE', 'S3_SECRET_ACCESS_KEY_FILE']) delete env[name];
      await mayflyOutput(join(copy, 'data'), service('migrate').command ?? [], env);
      await Promise.all([postgres.stop(), redis.stop(), s3.stop()]);
    });

    test('include an S3 server that starts with the keys in the files', async () => {
      const copy = await copyWithSecrets();
      const volume = temporaryDirectory('three-nodes-s3');
      const [shell = '', option = '', script = ''] = service('s3').entrypoint ?? [];
      const inPlace = (text: string) =>
        text
          .replaceAll('$$', '$')
          .replaceAll('/run/secrets', join(copy, 'secrets'))
          .replace('/usr/local/bin/versitygw', versitygw);
      const inVolume = (word: string) => word.replace(/^\/s3(?=\/)/, volume);
      const [, , ...folders] = service('s3-bucket').entrypoint ?? [];
      await startProcess('mkdir', ['-p', ...folders.map(inVolume)]).exited;
      const port = await freePort();
      const env = { ...process.env, ...service('s3').environment, VGW_PORT: `127.0.0.1:${port}` };
      const command = (service('s3').command ?? []).map(inVolume);
      const server = startProcess(shell, [option, inPlace(script), ...command], { env });
      await waitFor('the S3 server', async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok);
      const { s3 } = readConfig(environmentOf('node-1', copy));
      const client = new Bun.S3Client({
        endpoint: `http://127.0.0.1:${port}`,
        bucket: s3?.bucket ?? '',
        region: s3?.region ?? '',
        accessKeyId: s3?.accessKeyId ?? '',
        secretAccessKey: s3?.secretAccessKey ?? '',
      });
      await client.write('it', 'stored');
      expect(await client.file('it').text()).toBe('stored');
      await server.stop();
    });
  },
);

await suiteWith(['haproxy'], 'deploy/three-nodes/haproxy.cfg', ({ haproxy }) => {
  test('is a configuration that HAProxy accepts', async () => {
    const checked = startProcess(haproxy, ['-c', '-f', join(folder, 'haproxy.cfg')]);
    expect([await checked.exited, checked.output()]).toEqual([0, expect.stringContaining('valid')]);
  });
});

/** The configuration as shipped, for nodes and a front on loopback. */
async function startFront(ports: number[]) {
  const [front, health] = [await freePort(), await freePort()];
  const configuration = read('haproxy.cfg')
    .replace('bind :8080', `bind 127.0.0.1:${front}`)
    .replace('127.0.0.1:8081', `127.0.0.1:${health}`)
    .replaceAll(/node-(\d):8080/g, (_, node) => `127.0.0.1:${ports[Number(node) - 1]}`);
  return startHaproxyWith(front, configuration);
}

await suiteOnCluster(
  'deploy/three-nodes/haproxy.cfg before three nodes',
  { proxy: startFront, env: { STOP_DELAY: '4s' } },
  (cluster) => {
    const status = async (path: string, init?: RequestInit) => {
      const response = await fetch(`${cluster().url}${path}`, init);
      await response.arrayBuffer();
      return response.status;
    };

    test('passes on large bodies as they arrive', async () => {
      const content = Buffer.alloc(24 * 1024 * 1024, 'large ');
      const created = await fetch(`${cluster().url}/large`, { method: 'PUT', body: content });
      expect(created.status).toBe(201);
      const [id] = /[0-9a-f]{32}/.exec(await created.text()) ?? [];
      const raw = await fetch(`${cluster().url}/raw/${id}`);
      expect(Buffer.from(await raw.arrayBuffer()).equals(content)).toBe(true);
    });

    test('keeps the metrics for those who reach the nodes', async () => {
      expect(await status('/metrics')).toBe(403);
      expect(await status('/metrics/')).toBe(403);
      expect(await status('/readyz')).toBe(200);
    });

    test('sends no request to a node that has stopped or was killed', async () => {
      const [first, second] = cluster().nodes;
      const created = await fetch(`${cluster().url}/`, { method: 'POST', body: 'kept' });
      const id = (await created.text()).trim().split('/').at(-1);
      const readWhile = async (change: Promise<unknown> | undefined) => {
        let isOver = false;
        const over = change?.finally(() => {
          isOver = true;
        });
        const failures: number[] = [];
        for (let turn = 0; turn < 30 || !isOver; turn += 1) {
          const found = await status(`/raw/${id}`);
          if (found !== 200) failures.push(found);
        }
        await over;
        return failures;
      };
      expect(await readWhile(first?.stop())).toEqual([]);
      // A request that had been sent to it is not sent again: it may have taken a counted read.
      const ofKilled = await readWhile(second?.kill());
      expect([[], [502]]).toContainEqual(ofKilled);
    });
  },
);

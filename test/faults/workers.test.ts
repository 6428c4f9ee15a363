import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { type Collector, startCollector } from '../support/otlp-collector.ts';
import { startDownload } from '../support/pausable-download.ts';
import { openSocket, startRequest, uploadedId } from '../support/piecewise-request.ts';
import { sharedPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { sharedRedis } from '../support/redis.ts';
import { sharedS3 } from '../support/s3.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf } from './content.ts';
import { readMetric } from './metrics.ts';
import { put, readRaw, statusOf } from './requests.ts';

setDefaultTimeout(60_000);

const size = 3;
let env: Record<string, string>;
let mayfly: MayflyProcess;
let collector: Collector;

/** The processes that the parent has started, and which still run. */
function workersOf({ pid }: MayflyProcess): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children.split(' ').filter(Boolean).map(Number);
}

/** The start of a worker takes seconds on a busy machine. */
const waitForWorker = (isThere: () => Promise<boolean>) =>
  waitFor('the workers', isThere, { timeoutMs: 45_000 });

async function startWorkers(more: Record<string, string> = {}): Promise<MayflyProcess> {
  const started = await startMayfly({ env: { ...env, ...more } });
  await waitForWorker(async () => (await readMetric(started.url, 'mayfly_workers')) === size);
  return started;
}

/** The lines of the log that have these members. */
function lines(of: MayflyProcess, members: Record<string, unknown>): Record<string, unknown>[] {
  return of
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => Object.entries(members).every(([name, value]) => line[name] === value));
}

/** The gauges that read the counters of stored bytes. */
const gaugesOfStorage = 4;

/** A request on a connection of its own, which any worker may get. */
const alone = (path = '/robots.txt') => fetch(mayfly.url + path, { headers: { connection: 'close' } });

/** A start that must fail. @returns What it wrote to stderr. */
async function refusal(more: Record<string, string>, ofServer = env, exitCode = 1): Promise<string> {
  const dataDir = temporaryDirectory('refused');
  const { code, stdout, stderr } = await mayflyCommand(dataDir, ['serve'], {
    HOST: '127.0.0.1',
    PORT: '0',
    ...ofServer,
    ...more,
  });
  expect([code, stdout]).toEqual([exitCode, '']);
  return stderr;
}

// Rules: docs/postgresql.md, "One big machine".
await suiteWithPostgres('several workers', () => {
  beforeAll(async () => {
    collector = startCollector();
    const [postgres, s3, redis] = await Promise.all([sharedPostgres(), sharedS3(), sharedRedis()]);
    env = {
      WORKERS: String(size),
      DATABASE_URL: await postgres.createDatabase(),
      REDIS_URL: redis.url,
      SECRET: randomBytes(16).toString('hex'),
      SWEEP_CRON: '* * * * * *',
      LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      ...s3.env,
    };
    mayfly = await startWorkers();
  });

  afterAll(async () => {
    await mayfly.stop();
    await collector.stop();
  });

  test('serve on one port, each its part, and write whole lines to one log', async () => {
    for (let calls = 0; calls < 60; calls += 1) expect((await alone()).status).toBe(200);
    const workers = workersOf(mayfly);
    await waitFor('the lines', () => lines(mayfly, { route: '/robots.txt' }).length === 60);
    const served = new Set(lines(mayfly, { route: '/robots.txt' }).map(({ pid }) => pid));
    expect([...served].sort()).toEqual([...workers].sort());
    expect(mayfly.logs().match(/Mayfly is at/g)).toHaveLength(1);
  });

  test('export the spans of their own requests, with an id of their own', async () => {
    for (let calls = 0; calls < 60; calls += 1) await (await alone('/sharex.sxcu')).bytes();
    const spans = () => collector.spans.filter(({ name }) => name === 'GET /sharex.sxcu');
    const requests = () => lines(mayfly, { route: '/sharex.sxcu' });
    const isComplete = () => spans().length === 60 && requests().length === 60;
    await waitFor('the spans and lines', isComplete, { timeoutMs: 30_000 });
    const logged = new Map(requests().map(({ traceId, pid }) => [traceId, pid]));
    const exporters = new Map<unknown, Set<unknown>>();
    for (const { traceId, resource } of spans()) {
      const pid = logged.get(traceId);
      exporters.set(pid, (exporters.get(pid) ?? new Set()).add(resource['service.instance.id']));
    }
    expect([...exporters.keys()].sort()).toEqual(workersOf(mayfly).sort());
    expect([...exporters.values()].map((ids) => ids.size)).toEqual([1, 1, 1]);
    expect(new Set([...exporters.values()].flatMap((ids) => [...ids])).size).toBe(size);
  });

  test('have common metrics: counts are added, and a value of the database is shown once', async () => {
    const counted = () => readMetric(mayfly.url, 'mayfly_http_request_seconds_count', { route: '/llms.txt' });
    for (let calls = 1; calls <= 30; calls += 1) {
      await alone('/llms.txt');
      if (calls % 10 === 0) expect(await counted()).toBe(calls);
    }
    await put(mayfly.url, bytesOf('metric', 100 * 1024));
    const blobs = await Promise.all([1, 2, 3].map(() => readMetric(mayfly.url, 'mayfly_blob_bytes')));
    expect(blobs).toEqual([1, 2, 3].map(() => 100 * 1024));
    const text = await (await fetch(`${mayfly.url}/metrics`)).text();
    expect(text).toMatch(/^mayfly_http_request_seconds_bucket\{.*route="\/llms.txt".*le="\+Inf".*\} 30$/m);
    expect(text.match(/^mayfly_room_bytes /gm)).toHaveLength(1);
  });

  test('let one of them read the metrics of the cluster', async () => {
    const reads = () =>
      readMetric(mayfly.url, 'mayfly_database_statement_seconds_count', {
        statement: 'select storage_counters',
      });
    // Nothing else reads these counters while MAX_STORAGE is not set.
    const before = await reads();
    await reads();
    expect((await reads()) - before).toBeLessThanOrEqual(3 * gaugesOfStorage);
  });

  test('are replaced when one is killed, lose only what it was answering, and one of them sweeps', async () => {
    await waitFor('a sweep', () => lines(mayfly, { msg: 'sweep' }).length > 0);
    const sweeping = new Set(lines(mayfly, { msg: 'sweep' }).map(({ pid }) => pid as number));
    expect(sweeping.size).toBe(1);
    const [victim = 0] = sweeping;
    const before = await readMetric(mayfly.url, 'mayfly_http_request_seconds_count');
    let failed = 0;
    let isOver = false;
    const inFlight = 4;
    const load = Array.from({ length: inFlight }, async () => {
      while (!isOver) {
        const answer = await alone().catch(() => undefined);
        if (answer?.status !== 200) failed += 1;
      }
    });
    process.kill(victim, 'SIGKILL');
    await waitForWorker(async () => {
      const workers = workersOf(mayfly);
      return workers.length === size && (await readMetric(mayfly.url, 'mayfly_workers')) === size;
    });
    isOver = true;
    await Promise.all(load);
    expect(failed).toBeLessThanOrEqual(inFlight);
    expect(workersOf(mayfly)).not.toContain(victim);
    expect(lines(mayfly, { event: 'worker_ended' })).toMatchObject([{ worker: victim, signal: 'SIGKILL' }]);
    expect(await readMetric(mayfly.url, 'mayfly_worker_restarts_total')).toBe(1);
    expect(await readMetric(mayfly.url, 'mayfly_http_request_seconds_count')).toBeGreaterThan(before);
    const after = () => lines(mayfly, { msg: 'sweep' }).filter(({ pid }) => pid !== victim);
    await waitFor('the sweep of another one', () => after().length > 0);
    expect(new Set(after().map(({ pid }) => pid)).size).toBe(1);
  });

  test('are replaced when one is stopped, after it has finished its requests', async () => {
    const stopped = workersOf(mayfly);
    const [first = 0] = stopped;
    process.kill(first, 'SIGTERM');
    await waitForWorker(async () => {
      const workers = workersOf(mayfly);
      return !workers.includes(first) && (await readMetric(mayfly.url, 'mayfly_workers')) === size;
    });
    expect(lines(mayfly, { event: 'worker_ended', worker: first })).toMatchObject([{ code: 0 }]);
  });

  test('let another server fail on their port', async () => {
    const says = /^mayfly: PORT \d+ of HOST 127.0.0.1 is in use[^\n]*\(EADDRINUSE\)\n$/;
    expect(await refusal({ PORT: String(mayfly.port) })).toMatch(says);
    const other = createServer().listen(0, '127.0.0.1');
    const { port } = other.address() as { port: number };
    expect(await refusal({ PORT: String(port) })).toMatch(says);
    other.close();
  });

  test('finish a download and an upload at SIGTERM, and the parent exits with 0', async () => {
    const large = bytesOf('download', 16 * 1024 * 1024);
    const half = large.length / 2;
    const id = await put(mayfly.url, large);
    const download = await startDownload(mayfly.port, `/raw/${id}`);
    download.pause();
    const upload = await startRequest(mayfly.port, { contentLength: large.length });
    await upload.send(large.subarray(0, half));
    await waitFor('the upload', async () => (await readMetric(mayfly.url, 'mayfly_uploads_under_way')) === 1);
    const workers = workersOf(mayfly);
    const stopping = mayfly.stop();
    // Service managers such as systemd signal every process.
    for (const pid of workers) process.kill(pid, 'SIGTERM');
    await waitFor('new connections to be refused', () =>
      openSocket(mayfly.port).then(
        (socket) => void socket.destroy(),
        () => true,
      ),
    );
    await upload.send(large.subarray(half));
    const uploaded = uploadedId(await upload.answer);
    download.resume();
    expect((await download.body).equals(large)).toBe(true);
    expect(await stopping).toBe(0);
    for (const pid of workers) expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(lines(mayfly, { msg: 'requests in flight were cut off' })).toEqual([]);

    // The next test ends it.
    mayfly = await startWorkers({ STOP_DELAY: '60s' });
    expect((await readRaw(mayfly.url, uploaded)).equals(large)).toBe(true);
  });

  test('stop when their parent is killed, and free the port without the delay of a stop', async () => {
    const workers = workersOf(mayfly);
    expect(workers).toHaveLength(size);
    await mayfly.kill();
    await waitFor('all to end', () => workers.every((pid) => !existsSync(`/proc/${pid}`)), {
      timeoutMs: 30_000,
    });
    expect(await statusOf(`${mayfly.url}/healthz`).catch(() => 'refused')).toBe('refused');
  });

  test('stop with their parent when only later versions can use the database', async () => {
    const connectionString = await (await sharedPostgres()).createDatabase();
    const old = await startWorkers({ DATABASE_URL: connectionString });
    const workers = workersOf(old);
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query('UPDATE schema SET oldest_code = 1000');
    await client.end();
    expect(await old.exited).toBe(1);
    expect(lines(old, { event: 'schema_unusable' })).not.toEqual([]);
    expect(lines(old, { event: 'worker_ended' })).toEqual([]);
    for (const pid of workers) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('that crash at the start are tried again, and then the server ends with one line', async () => {
    const fault = join(temporaryDirectory('fault'), 'fault.ts');
    writeFileSync(fault, "if (process.env.MAYFLY_WORKER) process.kill(process.pid, 'SIGKILL');\n");
    const started = performance.now();
    const more = { BUN_OPTIONS: `--preload ${fault}`, LOG_LEVEL: 'silent' };
    expect(await refusal(more)).toBe(
      'mayfly: the first worker ended 4 times before it could serve, last by SIGKILL\n',
    );
    // Waits of 200, 400 and 800 ms.
    expect(performance.now() - started).toBeGreaterThan(1400);
  });

  test('that cannot start print the reason once', async () => {
    const line = await refusal({ SECRET: randomBytes(16).toString('hex'), LOG_LEVEL: 'silent' });
    expect(line).toMatch(/^mayfly: SECRET must be [^\n]+\n$/);
  });

  test('are refused with SQLite, and with too little memory for bodies', async () => {
    const few = { WORKERS: '2' };
    expect(await refusal(few, {}, 78)).toMatch(/^mayfly: WORKERS must be 1 with SQLite[^\n]*\n$/);
    expect(await refusal({ MAX_BODY_MEMORY: '128MiB' }, env, 78)).toMatch(
      /^mayfly: MAX_BODY_MEMORY must be at least 252444672 bytes[^\n]* for each of the 3 WORKERS\n$/,
    );
  });

  test('are refused on Deno', async () => {
    const failed = startMayfly({ runtime: 'deno', env }).catch(String);
    expect(await failed).toMatch(/mayfly: WORKERS must be 1: Deno does not start workers: use Bun\n/);
  });
}, ['versitygw', 'redis-server', 'deno']);

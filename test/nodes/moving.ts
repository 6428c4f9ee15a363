import { expect } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { bytesOf } from '../faults/content.ts';
import { post, put, readRaw } from '../faults/requests.ts';
import type { Cluster } from '../support/cluster.ts';
import { mayflyCommand, mayflyOutput } from '../support/mayfly-command.ts';
import { denoArguments, type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { type PostgresServer, sharedPostgres } from '../support/postgres.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { type RunningProcess, startProcess } from '../support/running-process.ts';
import { type S3Server, startS3 } from '../support/s3.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { shortLeases } from './agreement.ts';

export type MoveReport = {
  rows: Record<string, number>;
  blobs: { blobs: number; bytes: number };
  writesStoppedMilliseconds: number;
  unreadableBlobs: number;
  wrongUsage: string[];
};

type SceneOptions = {
  /** Instead of the shared server. */
  postgres?: PostgresServer;
  /** Whether the source has its blobs in S3, too. */
  isSourceOnS3?: boolean;
  /** Fills the data of the source before its server starts. */
  fill?: (raw: Database.Database) => void;
};

const settings = {
  ...shortLeases,
  SWEEP_CRON: '*/5 * * * * *',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  GUEST_RATE_LIMIT: '0',
  PRESIGN_RATE_LIMIT: '0',
  KEY_RATE_LIMIT: '0',
  MAX_UPLOADS_PER_CLIENT: '0',
  LOG_LEVEL: 'warn',
};

/** A server on SQLite and an empty PostgreSQL database, S3 and Redis to move to. */
export class MoveScene {
  readonly dataDir: string;
  readonly s3: S3Server;
  readonly postgres: PostgresServer;
  readonly databaseUrl: string;
  source: MayflyProcess;
  readonly #redis: RedisServer;
  readonly #sourceEnv: Record<string, string>;
  readonly #nodes: MayflyProcess[] = [];

  private constructor(
    parts: Pick<MoveScene, 'dataDir' | 's3' | 'postgres' | 'databaseUrl' | 'source'>,
    redis: RedisServer,
    sourceEnv: Record<string, string>,
  ) {
    this.dataDir = parts.dataDir;
    this.s3 = parts.s3;
    this.postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    this.source = parts.source;
    this.#redis = redis;
    this.#sourceEnv = sourceEnv;
  }

  static async start({ postgres, isSourceOnS3 = false, fill }: SceneOptions = {}): Promise<MoveScene> {
    const [server, s3, redis] = await Promise.all([postgres ?? sharedPostgres(), startS3(), startRedis()]);
    const dataDir = temporaryDirectory('moving');
    const sourceEnv = { ...settings, SECRET: randomBytes(32).toString('hex'), ...(isSourceOnS3 && s3.env) };
    if (fill !== undefined) {
      await mayflyOutput(dataDir, ['migrate'], sourceEnv);
      const raw = new Database(join(dataDir, 'mayfly.db'));
      raw.transaction(() => fill(raw))();
      raw.close();
    }
    const source = await startMayfly({ dataDir, env: sourceEnv, readyWithinMs: 60_000 });
    const databaseUrl = await server.createDatabase();
    return new MoveScene({ dataDir, s3, postgres: server, databaseUrl, source }, redis, sourceEnv);
  }

  /** The settings of the servers after the move, except where the database is. */
  get env(): Record<string, string> {
    return { ...settings, ...this.s3.env, SECRET: this.#sourceEnv.SECRET ?? '', REDIS_URL: this.#redis.url };
  }

  get moveArguments(): string[] {
    return ['move', '--to', this.databaseUrl];
  }

  /** Moves, and expects success. */
  async move(): Promise<MoveReport> {
    return JSON.parse(await mayflyOutput(this.dataDir, this.moveArguments, this.env)) as MoveReport;
  }

  /** Starts a move and leaves it running. @param deno The program of Deno, instead of Bun */
  startMove(deno?: string, ...more: string[]): RunningProcess {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', DATA_DIR: this.dataDir, ...this.env };
    const program = deno ? denoArguments() : ['--no-env-file', 'src/main.ts'];
    const args = [...program, ...this.moveArguments, ...more];
    return startProcess(deno ?? process.execPath, args, { cwd: checkout, env });
  }

  /** Starts a move, and waits until it prints a step. */
  async moveUntil(step: string): Promise<RunningProcess> {
    const moving = this.startMove();
    const isReached = () => moving.output().includes(step) || !moving.isRunning();
    await waitFor(step, isReached, { timeoutMs: 60_000, everyMs: 1 });
    if (!moving.isRunning()) throw new Error(`the move ended before "${step}": ${moving.output()}`);
    return moving;
  }

  /** Goes back from the move. */
  undo() {
    return mayflyCommand(this.dataDir, [...this.moveArguments, '--undo'], this.env);
  }

  /** Moves, and expects that it is refused. @returns The last line of stderr */
  async refusal(to = this.databaseUrl, env: Record<string, string> = {}): Promise<string> {
    const { code, stderr } = await mayflyCommand(this.dataDir, ['move', '--to', to], { ...this.env, ...env });
    if (code !== 1) throw new Error(`the move ended with ${code}: ${stderr}`);
    return stderr.trimEnd().split('\n').at(-1) ?? '';
  }

  /** Runs a command on the target with the settings of the servers after the move. */
  onTarget(...args: string[]) {
    return mayflyCommand(join(this.dataDir, 'nothing'), args, {
      ...this.env,
      DATABASE_URL: this.databaseUrl,
    });
  }

  /** Copies the target. @returns What replaces the target by this copy, as a restore to an earlier time does */
  async keepTarget(): Promise<() => Promise<void>> {
    // It has a connection until the server has noticed that its client was killed.
    const copyUrl = await waitFor('a copy', () => this.postgres.createDatabase(this.databaseUrl));
    const [name, copy] = [this.databaseUrl, copyUrl].map((url) => new URL(url).pathname.slice(1));
    return async () => {
      await this.postgres.dropDatabase(this.databaseUrl);
      await this.query(`ALTER DATABASE ${copy} RENAME TO ${name}`, [], 'postgres');
    };
  }

  /** Writes to the source, small and large, and adds the contents by their ids. */
  async write(contents: Map<string, Buffer>): Promise<void> {
    const name = `written ${contents.size}`;
    contents.set(await post(this.source.url, { content: name }), Buffer.from(name));
    const bytes = bytesOf(name, 100_000);
    contents.set(await put(this.source.url, bytes), bytes);
  }

  /** Stops the source, and expects that a node on the target has everything. */
  async expectArrived(contents: Map<string, Buffer>, older: number): Promise<MayflyProcess> {
    await this.source.stop();
    const node = await this.startNode();
    for (const [id, content] of contents) expect((await readRaw(node.url, id)).equals(content)).toBe(true);
    const [rows] = await this.query<{ n: number }>('SELECT count(*)::int AS n FROM payloads_legacy');
    expect(rows?.n).toBe(older);
    const none = { missing: [], wrongSize: [], orphans: [], wrongParts: [], wrongUsage: [] };
    expect(JSON.parse((await this.onTarget('check')).stdout)).toMatchObject(none);
    return node;
  }

  /** Runs a command on the source with the settings of its server. */
  onSource(...args: string[]) {
    return mayflyCommand(this.dataDir, args, this.#sourceEnv);
  }

  /** Starts the server of the source again, with these settings from now on. */
  async restartSource(env: Record<string, string> = {}): Promise<void> {
    await this.source.stop();
    Object.assign(this.#sourceEnv, env);
    this.source = await startMayfly({ dataDir: this.dataDir, env: this.#sourceEnv, readyWithinMs: 60_000 });
  }

  /** Starts a node on the target. */
  async startNode(): Promise<MayflyProcess> {
    const env = { ...this.env, DATABASE_URL: this.databaseUrl };
    const node = await startMayfly({ env, dataDir: join(this.dataDir, 'nothing'), readyWithinMs: 60_000 });
    this.#nodes.push(node);
    return node;
  }

  /** The nodes on the target with their database and stores. */
  async cluster(): Promise<Cluster> {
    const { databaseUrl, postgres, s3 } = this;
    const env = { ...this.env, DATABASE_URL: databaseUrl };
    const [first] = this.#nodes;
    return {
      url: first?.url ?? '',
      nodes: this.#nodes,
      postgres,
      redis: this.#redis,
      s3,
      env,
      command: (...args) => mayflyOutput(join(this.dataDir, 'nothing'), args, env),
      query: (text, values) => this.query(text, values),
      program: checkout,
      restart: () => Promise.reject(new Error('the nodes of a move are not restarted')),
      stop: () => this.stop(),
    };
  }

  /** Rows of the target, read by the superuser. */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: unknown[] = [],
    name = new URL(this.databaseUrl).pathname.slice(1),
  ): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.postgres.adminUrl(name) });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.source.stop(), ...this.#nodes.map((node) => node.stop())]);
    await Promise.all([this.#redis.stop(), this.s3.stop()]);
    await this.postgres.dropDatabase(this.databaseUrl).catch(() => undefined);
  }
}

/** Inserts payloads with ids of earlier versions, which are entirely random. @returns Their contents, by their ids */
export function insertOlderPayloads(raw: Database.Database, count: number, size = 200): Map<string, string> {
  const contents = new Map<string, string>();
  const insert = raw.prepare(
    `INSERT INTO payloads (id, mime_type, content, size, is_text, created_at, expires_at)
     VALUES (?, 'text/plain', ?, ?, 1, ?, ?)`,
  );
  const now = Date.now();
  for (let index = 0; index < count; index += 1) {
    const id = `f${randomBytes(16).toString('hex').slice(1)}`;
    const content = `older ${index} `.padEnd(size, '.');
    insert.run(id, content, size, now, now + 86_400_000);
    contents.set(id, content);
  }
  raw
    .prepare(
      `INSERT INTO storage_usage (id, blob_bytes, stranger_bytes) VALUES (1, 0, ?)
       ON CONFLICT (id) DO UPDATE SET stranger_bytes = stranger_bytes + excluded.stranger_bytes`,
    )
    .run(count * size);
  return contents;
}

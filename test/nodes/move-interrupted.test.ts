import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import type Database from 'better-sqlite3';
import { completeUpload, createBucket, getObject, putPart, startUpload } from '../faults/bucket-requests.ts';
import { bytesOf } from '../faults/content.ts';
import { post, put, readRaw, statusOf } from '../faults/requests.ts';
import { mayflyCommand } from '../support/mayfly-command.ts';
import type { MayflyProcess } from '../support/mayfly-process.ts';
import { sharedPostgres, startPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { mountTmpfs } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { insertOlderPayloads, MoveScene } from './moving.ts';

const count = 2500;

// Rules: docs/postgresql.md, "Moving to PostgreSQL".
await suiteWithPostgres('a move that is interrupted', () => {
  setDefaultTimeout(400_000);
  let scene: MoveScene;
  let older = new Map<string, string>();

  afterEach(() => scene?.stop(), 120_000);

  const fill = (raw: Database.Database) => {
    older = insertOlderPayloads(raw, count);
  };

  /** Expects that a node on the target has everything. */
  async function expectArrived(ids: Map<string, Buffer>): Promise<MayflyProcess> {
    await scene.source.stop();
    const node = await scene.startNode();
    for (const [id, content] of ids) expect((await readRaw(node.url, id)).equals(content)).toBe(true);
    const [rows] = await scene.query<{ n: number }>('SELECT count(*)::int AS n FROM payloads_legacy');
    expect(rows?.n).toBe(older.size);
    const { command } = await scene.cluster();
    const none = { missing: [], wrongSize: [], orphans: [], wrongParts: [], wrongUsage: [] };
    expect(JSON.parse(await command('check'))).toMatchObject(none);
    return node;
  }

  /** Writes to the source, small and large. */
  async function write(ids: Map<string, Buffer>): Promise<void> {
    const name = `written ${ids.size}`;
    ids.set(await post(scene.source.url, { content: name }), Buffer.from(name));
    const bytes = bytesOf(name, 100_000);
    ids.set(await put(scene.source.url, bytes), bytes);
  }

  test('by kill -9 at any step goes on where it was, and writes go on meanwhile', async () => {
    scene = await MoveScene.start({ fill });
    const ids = new Map<string, Buffer>();
    for (const step of ['mayfly: payloads\n', 'the changes since', 'writes are stopped', 'comparison']) {
      await write(ids);
      const moving = scene.startMove();
      await waitFor(step, () => moving.output().includes(step) || !moving.isRunning(), {
        timeoutMs: 60_000,
        everyMs: 1,
      });
      expect(moving.isRunning()).toBe(true);
      await moving.kill();
      // At the latest when the stop ends by itself.
      await waitFor('a write', () => write(ids).then(() => true), { timeoutMs: 30_000, everyMs: 200 });
    }
    expect(await scene.move()).toMatchObject({ unreadableBlobs: 0, wrongUsage: [] });
    // As if the process had ended just before the last step.
    await scene.query(
      `UPDATE deployment SET value = replace(value, '"arrived"', '"complete"') WHERE name = 'move'`,
    );
    const refused = await mayflyCommand(scene.dataDir, ['serve'], {
      ...scene.env,
      DATABASE_URL: scene.databaseUrl,
    });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('a move that has not ended')]);
    await scene.move();
    await expectArrived(ids);
  });

  test('because PostgreSQL goes away continues when it is back', async () => {
    const postgres = await startPostgres();
    scene = await MoveScene.start({ fill, postgres });
    const ids = new Map<string, Buffer>();
    await write(ids);
    const moving = scene.startMove();
    await waitFor('the first rows', () => moving.output().includes('mayfly: payloads\n'), {
      timeoutMs: 60_000,
      everyMs: 1,
    });
    await postgres.kill();
    expect(await moving.exited).toBe(6);
    expect(moving.output()).toMatch(/mayfly: the move stopped: .*the same command continues it\n$/);
    await write(ids);
    await postgres.restart();
    await scene.move();
    await expectArrived(ids);
    await scene.stop();
    await postgres.stop();
  });

  const disk = mountTmpfs(140 * 1024 ** 2);
  test.skipIf(disk === undefined)(
    'because the disk of the target is full stops with 5, and the source serves',
    async () => {
      const postgres = await startPostgres({
        parent: disk?.path ?? '',
        settings: { max_wal_size: '32MB', min_wal_size: '32MB' },
      });
      scene = await MoveScene.start({ postgres, fill: (raw) => insertOlderPayloads(raw, 2500, 60_000) });
      const { code, stderr } = await mayflyCommand(scene.dataDir, scene.moveArguments, scene.env);
      expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining('the move stopped')]);
      expect([5, 6]).toContain(code);
      expect(await statusOf(`${scene.source.url}/file.bin`, { method: 'PUT', body: 'more' })).toBe(201);
      await scene.stop();
      await postgres.stop();
      disk?.unmount();
    },
  );

  test('can be undone, before and after its end, until a server uses the target', async () => {
    scene = await MoveScene.start({ fill });
    const ids = new Map<string, Buffer>();
    await write(ids);
    const moving = scene.startMove();
    await waitFor('the first rows', () => moving.output().includes('mayfly: payloads\n'), {
      timeoutMs: 60_000,
      everyMs: 1,
    });
    await moving.kill();
    const undo = () => mayflyCommand(scene.dataDir, [...scene.moveArguments, '--undo'], scene.env);
    expect(await undo()).toMatchObject({ code: 0 });
    expect(await undo()).toMatchObject({ code: 1, stderr: 'mayfly: no move has begun\n' });
    await write(ids);

    await scene.move();
    expect(await statusOf(`${scene.source.url}/file.bin`, { method: 'PUT', body: 'late' })).toBe(503);
    const withoutTarget = await mayflyCommand(scene.dataDir, ['move', '--undo'], scene.env);
    expect(withoutTarget.stderr).toContain('the move has ended: --to must name its target');
    expect(await undo()).toMatchObject({ code: 0 });
    await write(ids);
    const [left] = await scene.query<{ n: number }>(
      'SELECT ((SELECT count(*) FROM payloads) + (SELECT count(*) FROM payloads_legacy))::int AS n',
    );
    expect(left?.n).toBe(0);

    await scene.move();
    await scene.startNode();
    const refused = await undo();
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('a server or command has used the target'),
    ]);
    await expectArrived(ids);
  });

  test('keeps blobs where they are if the source has them in S3, and uploads in parts go on there', async () => {
    scene = await MoveScene.start({ fill, isSourceOnS3: true });
    const ids = new Map<string, Buffer>();
    await write(ids);
    const { stdout: key } = await scene.onSource('keys', 'create', '--kind', 'storage', '--account', 'acme');
    const client = { url: scene.source.url, key: key.trim() };
    await createBucket(client, 'films');
    const upload = await startUpload(client, 'films', 'film');
    const [first, last] = [bytesOf('first', 5 * 1024 ** 2), bytesOf('last', 1000)];
    const parts = [await putPart(client, upload, 1, first)];
    const keys = await scene.s3.listKeys();
    expect(await scene.move()).toMatchObject({ blobs: { blobs: 0, bytes: 0 } });
    expect(await scene.s3.listKeys()).toEqual(keys);
    const node = await expectArrived(ids);
    const there = { ...client, url: node.url };
    parts.push(await putPart(there, upload, 2, last));
    expect(await completeUpload(there, upload, parts)).toBe(true);
    const found = await getObject(there, 'films', 'film');
    expect(found?.equals(Buffer.concat([first, last]))).toBe(true);
  });

  test('refuses a target with content, another target, and another secret', async () => {
    scene = await MoveScene.start();
    const refusal = async (to: string, env: Record<string, string> = {}) => {
      const { code, stderr } = await mayflyCommand(scene.dataDir, ['move', '--to', to], {
        ...scene.env,
        ...env,
      });
      expect(code).toBe(1);
      return stderr.split('\n').filter(Boolean).at(-1);
    };
    const other = await (await sharedPostgres()).createDatabase();
    const settings = { ...scene.env, DATABASE_URL: other };
    await mayflyCommand(
      scene.dataDir,
      ['keys', 'create', '--kind', 'storage', '--account', 'acme'],
      settings,
    );
    expect(await refusal(other)).toContain('the target has content of another deployment (accounts)');
    expect(await refusal(scene.databaseUrl, { SECRET: 'a'.repeat(32) })).toContain(
      'SECRET must be that of the server',
    );
    expect(await refusal('sqlite:elsewhere.db')).toContain('--to must be a postgres:// URL');
    const { S3_ENDPOINT, ...withoutS3 } = scene.env;
    const missing = await mayflyCommand(scene.dataDir, scene.moveArguments, withoutS3);
    expect(missing.stderr).toContain('S3_ENDPOINT');
    await (await sharedPostgres()).dropDatabase(other);
  });
}, ['versitygw', 'redis-server']);

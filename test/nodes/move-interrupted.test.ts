import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import type Database from 'better-sqlite3';
import { completeUpload, createBucket, getObject, putPart, startUpload } from '../faults/bucket-requests.ts';
import { bytesOf } from '../faults/content.ts';
import { statusOf } from '../faults/requests.ts';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { sharedPostgres, startPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
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

  /** One step of the copying and one of the stop. */
  const few = ['mayfly: payloads\n', 'comparison'];
  /** Every step at which the soak interrupts it. */
  const steps = [
    ...['mayfly: keys\n', 'mayfly: payloads\n', 'the changes since', 'verification of payloads'],
    ...['writes are stopped', 'comparison'],
  ];
  const rounds = roundsOr(1);

  test(
    'by kill -9 goes on where it was, and writes go on meanwhile',
    async () => {
      scene = await MoveScene.start({ fill });
      const ids = new Map<string, Buffer>();
      const killAt =
        process.env.ROUNDS === undefined ? few : Array.from({ length: rounds }, () => steps).flat();
      for (const step of killAt) {
        await scene.write(ids);
        await (await scene.moveUntil(step)).kill();
        // At the latest when the stop ends by itself.
        await waitFor('a write', () => scene.write(ids).then(() => true), {
          timeoutMs: 30_000,
          everyMs: 200,
        });
      }
      expect(await scene.move()).toMatchObject({ unreadableBlobs: 0, wrongUsage: [] });
      // As if the process had ended just before the last step.
      await scene.query(
        `UPDATE deployment SET value = replace(value, '"arrived"', '"complete"') WHERE name = 'move'`,
      );
      const refused = await scene.onTarget('serve');
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('a move that has not ended'),
      ]);
      await scene.move();
      await scene.expectArrived(ids, older.size);
    },
    limitOf(rounds * 3),
  );

  test('because PostgreSQL goes away continues when it is back', async () => {
    const postgres = await startPostgres();
    scene = await MoveScene.start({ fill, postgres });
    const ids = new Map<string, Buffer>();
    await scene.write(ids);
    const moving = await scene.moveUntil('mayfly: payloads\n');
    await postgres.kill();
    expect(await moving.exited).toBe(6);
    expect(moving.output()).toMatch(/mayfly: the move stopped: .*the same command continues it\n$/);
    await scene.write(ids);
    await postgres.restart();
    await scene.move();
    await scene.expectArrived(ids, older.size);
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

  test('must be undone if the target lost changes or has other rows, and can be until a server uses it', async () => {
    scene = await MoveScene.start({ fill });
    const ids = new Map<string, Buffer>();
    await scene.write(ids);
    // The first table of the verification: everything is copied, and the changes until now are written.
    const step = 'verification of plans';
    await (await scene.moveUntil(step)).kill();
    const restore = await scene.keepTarget();
    await scene.write(ids);
    await (await scene.moveUntil(step)).kill();
    await restore();
    expect(await scene.refusal()).toContain('the target went back to an earlier time and lost changes');
    expect(await scene.undo()).toMatchObject({ code: 0 });
    expect(await scene.undo()).toMatchObject({ code: 1, stderr: 'mayfly: no move has begun\n' });

    await (await scene.moveUntil(step)).kill();
    const [id] = older.keys();
    await scene.query(`UPDATE payloads_legacy SET mime_type = 'text/html' WHERE id = $1`, [id]);
    expect(await scene.refusal()).toContain('the copy is not equal (1 rows of payloads)');
    expect(await scene.undo()).toMatchObject({ code: 0 });

    await scene.move();
    expect(await statusOf(`${scene.source.url}/file.bin`, { method: 'PUT', body: 'late' })).toBe(503);
    const withoutTarget = await mayflyCommand(scene.dataDir, ['move', '--undo'], scene.env);
    expect(withoutTarget.stderr).toContain('the move has ended: --to must name its target');
    expect(await scene.undo()).toMatchObject({ code: 0 });
    await scene.write(ids);
    const [left] = await scene.query<{ n: number }>(
      'SELECT ((SELECT count(*) FROM payloads) + (SELECT count(*) FROM payloads_legacy))::int AS n',
    );
    expect(left?.n).toBe(0);
    const served = await scene.onTarget('serve');
    expect([served.code, served.stderr]).toEqual([
      1,
      expect.stringMatching(/a move that was undone: run mayfly move again, or drop the database [^\n]*\n$/),
    ]);

    await scene.move();
    await scene.expectArrived(ids, older.size);
    const refused = await scene.undo();
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('a server or command has used the target'),
    ]);
  });

  test('refuses another target or secret, also at its end, and keeps blobs that are in S3 already', async () => {
    scene = await MoveScene.start({ fill, isSourceOnS3: true });
    const other = await (await sharedPostgres()).createDatabase();
    const settings = { ...scene.env, DATABASE_URL: other };
    await mayflyCommand(
      scene.dataDir,
      ['keys', 'create', '--kind', 'storage', '--account', 'acme'],
      settings,
    );
    expect(await scene.refusal(other)).toContain('the target has content of another deployment (accounts)');
    const { databaseUrl } = scene;
    const wrongSecret = 'SECRET must be that of the server';
    expect(await scene.refusal(databaseUrl, { SECRET: 'a'.repeat(32) })).toContain(wrongSecret);
    expect(await scene.refusal('sqlite:elsewhere.db')).toContain('--to must be a postgres:// URL');
    const { S3_ENDPOINT, ...withoutS3 } = scene.env;
    const missing = await mayflyCommand(scene.dataDir, scene.moveArguments, withoutS3);
    expect(missing.stderr).toContain('S3_ENDPOINT');
    await (await sharedPostgres()).dropDatabase(other);

    const moving = await scene.moveUntil('mayfly: payloads\n');
    const { SECRET = '' } = scene.env;
    moving.signal('SIGSTOP');
    await scene.restartSource({ SECRET: 'b'.repeat(32) });
    moving.signal('SIGCONT');
    // After a long pause its query has timed out, and the same command must then continue.
    const code = await moving.exited;
    if (code !== 6) expect(code).toBe(1);
    const reason = code === 6 ? await scene.refusal(databaseUrl, { SECRET }) : moving.output();
    expect(reason).toContain(wrongSecret);
    await expectBlobsStay();
  });

  /** The source has its blobs in S3: they stay there, and uploads in parts go on. */
  async function expectBlobsStay(): Promise<void> {
    const ids = new Map<string, Buffer>();
    await scene.write(ids);
    const { stdout: key } = await scene.onSource('keys', 'create', '--kind', 'storage', '--account', 'acme');
    const client = { url: scene.source.url, key: key.trim() };
    await createBucket(client, 'films');
    const upload = await startUpload(client, 'films', 'film');
    const [first, last] = [bytesOf('first', 5 * 1024 ** 2), bytesOf('last', 1000)];
    const parts = [await putPart(client, upload, 1, first)];
    const keys = await scene.s3.listKeys();
    expect(await scene.move()).toMatchObject({ blobs: { blobs: 0, bytes: 0 } });
    expect(await scene.s3.listKeys()).toEqual(keys);
    const node = await scene.expectArrived(ids, older.size);
    const there = { ...client, url: node.url };
    parts.push(await putPart(there, upload, 2, last));
    expect(await completeUpload(there, upload, parts)).toBe(true);
    const found = await getObject(there, 'films', 'film');
    expect(found?.equals(Buffer.concat([first, last]))).toBe(true);
  }
}, ['versitygw', 'redis-server']);

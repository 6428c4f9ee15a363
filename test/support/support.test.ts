import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { checkout } from './parts.ts';
import { freePort } from './ports.ts';
import { sharedPostgres, startPostgres } from './postgres.ts';
import { answersPing, sharedRedis, startRedis } from './redis.ts';
import { startProcess } from './running-process.ts';
import { sharedS3, startS3 } from './s3.ts';
import { suiteWith } from './suite-with.ts';
import { mountTmpfs, temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

describe('support', () => {
  test('free ports differ', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    expect(new Set(ports).size).toBe(20);
  });

  test('waiting ends with the value, or with the last error', async () => {
    let count = 0;
    expect(await waitFor('three', () => (++count >= 3 ? count : undefined), { everyMs: 1 })).toBe(3);
    const vain = waitFor('never', () => Promise.reject(new Error('why')), { timeoutMs: 20, everyMs: 1 });
    await expect(vain).rejects.toThrow('timed out after 20 ms: never');
  });

  test('a process is stopped with its exit code and its whole output', async () => {
    const script = `
      process.on('SIGTERM', () => { console.error('bye'); process.exit(7); });
      setInterval(() => undefined, 1000);
      console.log('ready');`;
    const program = startProcess(process.execPath, ['-e', script]);
    await waitFor('ready', () => program.output().includes('ready'));
    expect(await program.stop()).toBe(7);
    expect(program.output()).toBe('ready\nbye\n');
    expect(program.isRunning()).toBe(false);
  });

  test('a lock has one process at a time, also after its owner was killed', async () => {
    const folder = temporaryDirectory('lock');
    const program = join(folder, 'program.ts');
    writeFileSync(
      program,
      `import { appendFileSync } from 'node:fs';
      import { withLock } from '${join(checkout, 'scripts/lock.mjs')}';
      const [, , log = '', milliseconds] = process.argv;
      await withLock('${join(folder, 'lock')}', async () => {
        appendFileSync(log, 'taken ');
        await Bun.sleep(Number(milliseconds));
        appendFileSync(log, 'released ');
      });`,
    );
    const start = (log: string, milliseconds: number) =>
      startProcess(process.execPath, [program, join(folder, log), String(milliseconds)]);
    const killed = start('first', 1e9);
    await waitFor('the lock', () => existsSync(join(folder, 'first')));
    const others = Array.from({ length: 4 }, () => start('others', 5));
    await killed.kill();
    for (const other of others) expect([await other.exited, other.output()]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'others'), 'utf8')).toBe('taken released '.repeat(4));
  });

  test('a program that does not exist is an error', () => {
    expect(() => startProcess('/does/not/exist', [])).toThrow();
  });

  test('temporary folders are new', () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()];
    expect(first).not.toBe(second);
    expect(existsSync(first)).toBe(true);
  });
});

await suiteWith(['redis-server'], 'support: Redis', () => {
  test('is killed, restarted on its port, paused and resumed', async () => {
    const redis = await startRedis();
    const firstPid = redis.pid;
    expect(await answersPing(redis.port)).toBe(true);
    await redis.kill();
    expect(await answersPing(redis.port)).toBe(false);
    await redis.restart();
    expect(redis.pid).not.toBe(firstPid);
    expect(await answersPing(redis.port)).toBe(true);
    redis.pause();
    expect(await answersPing(redis.port)).toBe(false);
    redis.resume();
    expect(await answersPing(redis.port)).toBe(true);
    redis.pause();
    await redis.stop();
    expect(await answersPing(redis.port)).toBe(false);
  });

  test('is shared', async () => {
    expect((await sharedRedis()).url).toBe((await sharedRedis()).url);
  });
});

await suiteWith(['versitygw'], 'support: S3', () => {
  test('a bucket takes and lists objects and uploads, and survives a restart', async () => {
    const s3 = await startS3();
    expect(await s3.listKeys()).toEqual([]);
    const object = { Bucket: s3.bucket, Key: 'folder/a' };
    await s3.client.send(new PutObjectCommand({ ...object, Body: 'hello', ContentType: 'text/x-test' }));
    await s3.client.send(new CreateMultipartUploadCommand({ Bucket: s3.bucket, Key: 'unfinished' }));
    await s3.stop();
    await expect(fetch(s3.endpoint)).rejects.toThrow();
    await s3.restart();
    expect(await s3.listKeys()).toEqual(['folder/a']);
    expect(await s3.listMultipartUploads()).toEqual([{ key: 'unfinished', uploadId: expect.any(String) }]);
    const stored = await s3.client.send(new GetObjectCommand(object));
    expect(await stored.Body?.transformToString()).toBe('hello');
    expect(stored.ContentType).toBe('text/x-test');
    await s3.stop();
  });

  test('is shared', async () => {
    const s3 = await sharedS3();
    expect(s3.env.S3_BUCKET).toBe(s3.bucket);
    expect(await sharedS3()).toBe(s3);
  });
});

await suiteWith(['tmpfs'], 'support: tmpfs', () => {
  test('a small file system is full when it is', () => {
    const tmpfs = mountTmpfs(64 * 1024);
    if (!tmpfs) throw new Error('no tmpfs');
    expect(statfsSync(tmpfs.path).blocks * statfsSync(tmpfs.path).bsize).toBe(64 * 1024);
    expect(() => writeFileSync(join(tmpfs.path, 'big'), Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
    tmpfs.unmount();
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(tmpfs.path);
  });
});

await suiteWith(['postgres'], 'support: PostgreSQL', () => {
  const answers = async (url: string) => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500, query_timeout: 500 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch {
      return false;
    } finally {
      client.end().catch(() => undefined);
    }
  };

  test('is killed, restarted on its port with its data, paused and resumed', async () => {
    const postgres = await startPostgres();
    const firstPid = postgres.pid;
    const url = await postgres.createDatabase();
    expect(await answers(url)).toBe(true);
    await postgres.kill();
    expect(await answers(url)).toBe(false);
    await postgres.restart();
    expect(postgres.pid).not.toBe(firstPid);
    expect(await answers(url)).toBe(true);
    postgres.pause();
    expect(await answers(url)).toBe(false);
    postgres.resume();
    expect(await answers(url)).toBe(true);
    postgres.pause();
    await postgres.stop();
    expect(await answers(url)).toBe(false);
  });

  test('has databases that another database was the template of, until they are dropped', async () => {
    const postgres = await sharedPostgres();
    const first = await postgres.createDatabase();
    const client = new pg.Client({ connectionString: first });
    await client.connect();
    await client.query('CREATE TABLE things (id int)');
    await client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${client.database} SET lock_timeout = '1234ms'`);
    await client.end();
    const second = await postgres.createDatabase(first);
    const copy = new pg.Client({ connectionString: second });
    await copy.connect();
    expect((await copy.query('SELECT * FROM things')).rows).toEqual([]);
    expect((await copy.query('SHOW lock_timeout')).rows).toEqual([{ lock_timeout: '1234ms' }]);
    await copy.end();
    await postgres.dropDatabase(second);
    expect(await answers(second)).toBe(false);
    expect(await answers(first)).toBe(true);
  });

  test('syncs what it writes', async () => {
    const postgres = await sharedPostgres();
    const client = new pg.Client({ connectionString: postgres.adminUrl() });
    await client.connect();
    expect((await client.query('SHOW fsync')).rows).toEqual([{ fsync: 'on' }]);
    expect((await client.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
    await client.end();
  });
});

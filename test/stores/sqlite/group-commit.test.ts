import { beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { Failure } from '../../../src/core/failure.ts';
import { openConnection } from '../../../src/stores/sqlite/database/connection.ts';
import { GroupCommit } from '../../../src/stores/sqlite/database/group-commit.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { mountTmpfs, temporaryDirectory } from '../../support/temporary-directory.ts';

let file: string;
let raw: Database.Database;
let writes: GroupCommit;
let put: (n: number, data?: string | Uint8Array) => unknown;

function open(folder: string): void {
  file = join(folder, 'mayfly.db');
  raw = openConnection(file).raw;
  raw.exec('CREATE TABLE things (n INTEGER PRIMARY KEY, data)');
  // A row with a missing parent fails only at the commit.
  raw.exec('CREATE TABLE late (parent INTEGER REFERENCES things (n) DEFERRABLE INITIALLY DEFERRED)');
  const insert = raw.prepare('INSERT INTO things VALUES (?, ?)');
  put = (n, data = '') => insert.run(n, data);
  writes = new GroupCommit(raw);
}

beforeEach(() => open(temporaryDirectory('group-commit')));

function add(n: number, data: string | Uint8Array = ''): Promise<unknown> {
  return writes.single(() => put(n, data));
}

/** What a second connection sees, which is only what was committed. */
function committed(): number[] {
  const other = openConnection(file).raw;
  const numbers = other.prepare('SELECT n FROM things ORDER BY n').pluck().all() as number[];
  other.close();
  return numbers;
}

async function codesOf(outcomes: Promise<unknown>[]): Promise<string[]> {
  return (await Promise.allSettled(outcomes)).map((outcome) => {
    if (outcome.status === 'fulfilled') return 'written';
    return outcome.reason instanceof Failure
      ? outcome.reason.code
      : String(outcome.reason.code ?? outcome.reason);
  });
}

describe('group commit', () => {
  test('has written everything that waits when it is drained', async () => {
    const written = [add(1), writes.repeatable(() => put(2))];
    await writes.drain();
    raw.close();
    await Promise.all(written);
    expect(committed()).toEqual([1, 2]);
  });

  test('rejects a writer that comes after the end of the connection', async () => {
    raw.close();
    await expect(writes.repeatable(() => put(1))).rejects.toThrow('not open');
  });

  test('answers a writer when its write is committed, and not before', async () => {
    let answered = false;
    const write = add(1).then(() => {
      answered = true;
    });
    await Promise.resolve();
    expect([answered, committed()]).toEqual([false, []]);
    await write;
    expect(committed()).toEqual([1]);
  });

  test('writes all waiting writers in one transaction', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, n) => add(n)));
    expect(writes.counts).toEqual({ commits: 1, writers: 100 });
    expect(committed().length).toBe(100);
  });

  test('writes in the order of the writers, and answers each with its own result', async () => {
    const last = raw.prepare('SELECT max(n) FROM things').pluck();
    const results = await Promise.all(
      [1, 2, 3].map((n) =>
        writes.atomic(() => {
          put(n);
          return last.get();
        }),
      ),
    );
    expect(results).toEqual([1, 2, 3]);
  });

  test('does not fail a writer because of the failure of another, earlier or later one', async () => {
    await add(5);
    const outcomes = await codesOf([
      add(1),
      add(5),
      add(2),
      writes.single(() => raw.exec('nonsense')),
      add(3),
    ]);
    expect(outcomes).toEqual([
      'written',
      'SQLITE_CONSTRAINT_PRIMARYKEY',
      'written',
      'SQLITE_ERROR',
      'written',
    ]);
    expect(committed()).toEqual([1, 2, 3, 5]);
  });

  test('undoes all changes of a writer that throws halfway, and none of the others', async () => {
    const outcomes = await codesOf([
      add(1),
      writes.atomic(() => {
        put(2);
        put(3);
        throw Object.assign(new Error('changed its mind'), { code: 'no' });
      }),
      writes.atomic(() => {
        put(4);
        put(1);
      }),
      add(6),
    ]);
    expect(outcomes).toEqual(['written', 'no', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'written']);
    expect(committed()).toEqual([1, 6]);
    expect(writes.counts).toEqual({ commits: 1, writers: 2 });
  });

  test('fails every writer if the commit fails, and keeps none of their changes', async () => {
    const outcomes = await codesOf([
      add(1),
      writes.single(() => raw.prepare('INSERT INTO late VALUES (99)').run()),
      writes.atomic(() => put(2)),
    ]);
    expect(outcomes).toEqual(Array.from({ length: 3 }, () => 'SQLITE_CONSTRAINT_FOREIGNKEY'));
    expect(committed()).toEqual([]);
    expect(writes.counts.commits).toBe(0);
    await add(3);
    expect(committed()).toEqual([3]);
  });

  test('fails every writer as store_away while another connection holds the lock, and continues after it', async () => {
    raw.pragma('busy_timeout = 20');
    const other = openConnection(file).raw;
    other.exec('BEGIN IMMEDIATE');
    expect(await codesOf([add(1), writes.atomic(() => put(2))])).toEqual(['store_away', 'store_away']);
    other.exec('ROLLBACK');
    other.close();
    await add(3);
    expect(committed()).toEqual([3]);
  });

  test('fails every writer as no_room if the file is full for one, and keeps none of their changes', async () => {
    const pages = raw.pragma('page_count', { simple: true }) as number;
    raw.pragma(`max_page_count = ${pages + 4}`);
    const large = new Uint8Array(200_000);
    const outcomes = await codesOf([
      add(1),
      writes.atomic(() => {
        put(2);
        put(3, large);
      }),
      add(4),
    ]);
    // SQLite rolls back the whole transaction by itself, so none of them may succeed.
    expect(outcomes).toEqual(['no_room', 'no_room', 'no_room']);
    expect(committed()).toEqual([]);
    await add(1);
    raw.pragma(`max_page_count = ${pages + 1000}`);
    await add(3, large);
    expect(committed()).toEqual([1, 3]);
  });

  test('takes a writer that arrives during a transaction into the next one', async () => {
    let second: Promise<unknown> | undefined;
    await writes.single(() => {
      put(1);
      second = add(2);
    });
    expect(committed()).toEqual([1]);
    await second;
    expect(committed()).toEqual([1, 2]);
    expect(writes.counts.commits).toBe(2);
  });
});

await suiteWith(['tmpfs'], 'group commit on a full disk', () => {
  test('fails with no_room, keeps nothing partial, and continues when there is room', async () => {
    const tmpfs = mountTmpfs(2 * 1024 * 1024);
    if (!tmpfs) throw new Error('no tmpfs');
    open(tmpfs.path);
    await add(1);
    const data = new Uint8Array(400_000).fill(7);
    const outcomes = await codesOf(Array.from({ length: 10 }, (_, n) => add(10 + n, data)));
    expect(outcomes.filter((outcome) => outcome !== 'no_room' && outcome !== 'written')).toEqual([]);
    expect(outcomes).toContain('no_room');
    const written = outcomes.flatMap((outcome, n) => (outcome === 'written' ? [10 + n] : []));
    expect(committed()).toEqual([1, ...written]);
    await add(2);
    expect(committed()).toEqual([1, 2, ...written]);
    raw.close();
    tmpfs.unmount();
  });
});

import type { BlockStore } from '../../../core/ports/content/block-store.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';

export class PostgresBlockStore implements BlockStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  list(): Promise<{ hash: Uint8Array; createdAt: number }[]> {
    return this.#writes.sql.read(list);
  }

  async any(): Promise<boolean> {
    return (await this.#writes.sql.read(any)).length > 0;
  }

  async has(hash: Uint8Array): Promise<boolean> {
    return (await this.#writes.sql.read(find, [hash])).length > 0;
  }

  async add(hash: Uint8Array, now: number): Promise<void> {
    await this.#writes.single(add, [hash, now]);
  }

  async remove(hash: Uint8Array): Promise<boolean> {
    return (await this.#writes.single(remove, [hash])).count === 1;
  }
}

const list = unprepared(
  'SELECT hash, created_at AS "createdAt" FROM blocked_contents ORDER BY created_at, hash',
);
const any = prepared('SELECT 1 FROM blocked_contents LIMIT 1');
const find = prepared('SELECT 1 FROM blocked_contents WHERE hash = $1');
const add = unprepared(
  'INSERT INTO blocked_contents (hash, created_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING',
);
const remove = unprepared('DELETE FROM blocked_contents WHERE hash = $1');

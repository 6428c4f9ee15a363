import type { BanStore } from '../../../core/ports/accounts/ban-store.ts';
import { unprepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';

export class PostgresBanStore implements BanStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  /** The oldest ban first. */
  async list(): Promise<string[]> {
    const rows = await this.#writes.sql.read<{ range: string }>(list);
    return rows.map(({ range }) => range);
  }

  /** Adding a range again changes nothing. */
  async add(range: string, now: number): Promise<void> {
    await this.#writes.single(add, [range, now]);
  }

  async remove(range: string): Promise<boolean> {
    const { count } = await this.#writes.single(remove, [range]);
    return count === 1;
  }
}

const list = unprepared('SELECT range FROM banned_addresses ORDER BY created_at, range');
const add = unprepared(
  'INSERT INTO banned_addresses (range, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
);
const remove = unprepared('DELETE FROM banned_addresses WHERE range = $1');

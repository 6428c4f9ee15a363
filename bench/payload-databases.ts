import { cpSync } from 'node:fs';
import { makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { expireRows, fillTable } from './payload-rows.ts';
import { findDatabase } from './payload-table.ts';
import { createPayload, makeText } from './payloads.ts';
import type { Scale } from './scale.ts';
import { farFromNow, startMayfly } from './servers.ts';

/** Data folders with very many payloads. Each is created once, and copied for each use that changes it. */
export class PayloadDatabases {
  readonly #lifetime: Lifetime;
  readonly #scale: Scale;
  readonly #say: (text: string) => void;
  #live: Promise<string> | undefined;
  #manyExpired: Promise<string> | undefined;

  /** @param lifetime Of the whole run; the original folders stay until it ends. */
  constructor(lifetime: Lifetime, scale: Scale, say: (text: string) => void) {
    this.#lifetime = lifetime;
    this.#scale = scale;
    this.#say = say;
  }

  /** @returns a data folder without expired rows */
  async copyLive(lifetime: Lifetime): Promise<string> {
    this.#live ??= this.#makeLive();
    return this.#copy(lifetime, await this.#live);
  }

  /** @returns a data folder with `manyExpired` expired rows */
  async copyManyExpired(lifetime: Lifetime): Promise<string> {
    this.#manyExpired ??= this.#makeManyExpired();
    return this.#copy(lifetime, await this.#manyExpired);
  }

  #copy(lifetime: Lifetime, from: string): string {
    const folder = makeScratchFolder(lifetime);
    this.#say('copying the database');
    cpSync(from, folder, { recursive: true });
    return folder;
  }

  /** Mayfly creates the file and the first row, so that the copies have the values that it writes. */
  async #makeLive(): Promise<string> {
    const folder = makeScratchFolder(this.#lifetime);
    await this.#lifetime.during(async (lifetime) => {
      const server = await startMayfly(lifetime, 'Mayfly', { SWEEP_CRON: farFromNow() }, folder);
      await createPayload(server, makeText(this.#scale.contentSize));
    });
    this.#say(`writing ${this.#scale.rows} rows`);
    await fillTable(findDatabase(folder), this.#scale.rows, this.#scale.contentSize);
    return folder;
  }

  async #makeManyExpired(): Promise<string> {
    const folder = await this.copyLive(this.#lifetime);
    this.#say(`letting ${this.#scale.manyExpired} rows expire`);
    await expireRows(findDatabase(folder), this.#scale.manyExpired);
    return folder;
  }
}

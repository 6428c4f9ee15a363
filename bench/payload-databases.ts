import { cpSync } from 'node:fs';
import { makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { expireRows, fillTable } from './payload-rows.ts';
import { findDatabase } from './payload-table.ts';
import { createPayload, makeText } from './payloads.ts';
import type { Scale } from './scale.ts';
import { farFromNow, startMayfly } from './servers.ts';

/** Data folders with very many payloads, each made once and copied for whoever wants to change it. */
export class PayloadDatabases {
  readonly #lifetime: Lifetime;
  readonly #scale: Scale;
  readonly #say: (text: string) => void;
  #live: Promise<string> | undefined;
  #manyExpired: Promise<string> | undefined;

  /** @param lifetime The whole run: the folders that copies are made from stay until it ends. */
  constructor(lifetime: Lifetime, scale: Scale, say: (text: string) => void) {
    this.#lifetime = lifetime;
    this.#scale = scale;
    this.#say = say;
  }

  /** @returns A data folder in which nothing has expired. */
  async copyLive(lifetime: Lifetime): Promise<string> {
    this.#live ??= this.#makeLive();
    return this.#copy(lifetime, await this.#live);
  }

  /** @returns A data folder in which `manyExpired` rows have expired. */
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

  /** Mayfly makes the file and writes the first row, so that the others are exactly what it would write. */
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

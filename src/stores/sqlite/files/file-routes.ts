import { and, eq } from 'drizzle-orm';
import type { FileRoute, FileRouteStore } from '../../../core/ports/files/file-route-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { hidden } from '../outbox/webhooks.ts';
import { accounts, fileRoutes, webhooks } from '../schema/index.ts';

export class SqliteFileRouteStore implements FileRouteStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;

  constructor({ database }: Connection, writes: GroupCommit) {
    this.#database = database;
    this.#writes = writes;
  }

  insert({ webhook, ...route }: FileRoute): Promise<'inserted' | 'exists'> {
    const { accountId, slug, createdAt } = route;
    return this.#writes.atomic(() => {
      const existing = this.#database
        .select({ slug: fileRoutes.slug })
        .from(fileRoutes)
        .where(isRoute(accountId, slug));
      if (existing.get()) return 'exists';
      if (webhook)
        this.#database
          .insert(webhooks)
          .values({ ...webhook, accountId, createdAt })
          .run();
      this.#database
        .insert(fileRoutes)
        .values({ ...route, webhookId: webhook?.id })
        .run();
      return 'inserted';
    });
  }

  async find(accountId: string, slug: string): Promise<FileRoute | undefined> {
    return this.#routes().where(isRoute(accountId, slug)).get();
  }

  async list(): Promise<(FileRoute & { accountName: string | null })[]> {
    return this.#routes().orderBy(accounts.name, fileRoutes.slug).all();
  }

  remove(accountId: string, slug: string): Promise<boolean> {
    return this.#writes.atomic(() => {
      const removed = this.#database.delete(fileRoutes).where(isRoute(accountId, slug)).returning().get();
      // It may have very many deliveries.
      if (removed?.webhookId)
        this.#database.update(webhooks).set(hidden).where(eq(webhooks.id, removed.webhookId)).run();
      return removed !== undefined;
    });
  }

  #routes() {
    const { accountId, slug, maxSize, types, createdAt } = fileRoutes;
    return this.#database
      .select({
        accountId,
        slug,
        maxSize,
        types,
        createdAt,
        webhook: { id: webhooks.id, url: webhooks.url },
        accountName: accounts.name,
      })
      .from(fileRoutes)
      .innerJoin(accounts, eq(accounts.id, accountId))
      .leftJoin(webhooks, eq(webhooks.id, fileRoutes.webhookId));
  }
}

function isRoute(accountId: string, slug: string) {
  return and(eq(fileRoutes.accountId, accountId), eq(fileRoutes.slug, slug));
}

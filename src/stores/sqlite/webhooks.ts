import { eq, inArray, lte, sql } from 'drizzle-orm';
import type { ClaimedDelivery, OutgoingEvent, WebhookStore } from '../../core/ports/webhook-store.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import { webhookDeliveries, webhooks } from './schema/index.ts';

const { placeholder } = sql;

export class SqliteWebhookStore implements WebhookStore {
  readonly #writes: GroupCommit;
  readonly #statements;

  constructor(connection: Connection, writes: GroupCommit) {
    this.#writes = writes;
    this.#statements = prepareStatements(connection);
  }

  /** Enters an event into the outbox within the caller's transaction; it is due at once. */
  enterWithin({ id, webhookId, event, body, createdAt }: OutgoingEvent): void {
    this.#statements.enter.run(id, event, body, createdAt, createdAt, webhookId);
  }

  async claimDue(now: number, claimUntil: number, limit: number, busy: string[]): Promise<ClaimedDelivery[]> {
    const claimed = await this.#writes.single(() =>
      this.#statements.claim.all({ now, claimUntil, limit, busy: JSON.stringify(busy) }),
    );
    return claimed.sort((one, other) => one.n - other.n).map(({ n: _, ...delivery }) => delivery);
  }

  async nextDue(): Promise<number | undefined> {
    return this.#statements.nextDue.get()?.nextAttemptAt ?? undefined;
  }

  async delivered(id: string, status: number): Promise<void> {
    await this.#writes.single(() => this.#statements.delivered.run({ id, lastStatus: status }));
  }

  async failed(id: string, status: number | null, nextAttemptAt: number | null): Promise<void> {
    await this.#writes.single(() =>
      this.#statements.failed.run({
        id,
        status: nextAttemptAt === null ? 'failed' : 'pending',
        lastStatus: status,
        nextAttemptAt,
      }),
    );
  }

  async removeOld(createdBefore: number, limit: number): Promise<number> {
    const { changes } = await this.#writes.single(() =>
      this.#statements.removeOld.run({ createdBefore, limit }),
    );
    return changes;
  }
}

function prepareStatements({ database, raw }: Connection) {
  const { n, id, webhookId, event, body, status, attempts, nextAttemptAt, createdAt } = webhookDeliveries;
  const table = webhookDeliveries;
  // The plus keeps SQLite from walking through all deliveries by their webhooks, to group what is due.
  const due = sql`${n} IN (SELECT min(${n}) FROM ${table}
    WHERE ${lte(nextAttemptAt, placeholder('now'))}
      AND ${webhookId} NOT IN (SELECT value FROM json_each(${placeholder('busy')}))
    GROUP BY +${webhookId} ORDER BY min(${nextAttemptAt}) LIMIT ${placeholder('limit')})`;
  const over = sql`${n} IN (SELECT ${n} FROM ${table}
    WHERE ${createdAt} < ${placeholder('createdBefore')} AND ${inArray(status, ['delivered', 'failed'])}
    ORDER BY ${createdAt} LIMIT ${placeholder('limit')})`;
  return {
    // For a webhook that is gone by now there is nothing to tell.
    enter: raw.prepare(
      `INSERT INTO webhook_deliveries
        (id, webhook_id, event, body, created_at, next_attempt_at, status, attempts)
       SELECT ?, id, ?, ?, ?, ?, 'pending', 0 FROM webhooks WHERE id = ?`,
    ),
    claim: database
      .update(table)
      .set({ nextAttemptAt: sql`${placeholder('claimUntil')}`, attempts: sql`${attempts} + 1` })
      .where(due)
      .returning({
        n,
        id,
        webhookId,
        event,
        body,
        createdAt,
        attempts,
        url: sql<string>`(SELECT ${webhooks.url} FROM ${webhooks} WHERE ${webhooks.id} = ${webhookId})`,
      })
      .prepare(),
    nextDue: database
      .select({ nextAttemptAt })
      .from(table)
      .where(sql`${nextAttemptAt} IS NOT NULL`)
      .orderBy(nextAttemptAt)
      .limit(1)
      .prepare(),
    delivered: database
      .update(table)
      .set({ status: 'delivered', lastStatus: sql`${placeholder('lastStatus')}`, nextAttemptAt: null })
      .where(eq(id, placeholder('id')))
      .prepare(),
    // A claimer that was late shall not undo what another one achieved.
    failed: database
      .update(table)
      .set({
        status: sql`${placeholder('status')}`,
        lastStatus: sql`${placeholder('lastStatus')}`,
        nextAttemptAt: sql`${placeholder('nextAttemptAt')}`,
      })
      .where(sql`${eq(id, placeholder('id'))} AND ${eq(status, 'pending')}`)
      .prepare(),
    removeOld: database.delete(table).where(over).prepare(),
  };
}

import type { StoredPayload } from '../../../core/ports/payload-store.ts';
import type { Sql } from '../database/sql.ts';
import type { ObjectRows } from '../files/object-rows.ts';
import { type PayloadRow, statementsOn } from './statements.ts';

type Found = Promise<StoredPayload | undefined>;
type Waiting = { found: Found; resolve: (payload: StoredPayload | undefined | Found) => void };

/** The look-ups of one turn of the event loop in one table. */
type Turn = { waiting: Map<string, Waiting>; reject: ((error: unknown) => void)[] };

/** Look-ups by id. Those of one turn of the event loop in one table are one statement. */
export class Finds {
  readonly #sql: Sql;
  readonly #rows: ObjectRows;
  readonly #turns: (Turn | undefined)[] = [];

  constructor(sql: Sql, rows: ObjectRows) {
    this.#sql = sql;
    this.#rows = rows;
  }

  find(leaf: number, id: string): Found {
    let turn = this.#turns[leaf];
    if (turn === undefined) {
      const started: Turn = { waiting: new Map(), reject: [] };
      this.#turns[leaf] = turn = started;
      setImmediate(() => {
        this.#turns[leaf] = undefined;
        this.#run(leaf, started).catch((error) => {
          for (const reject of started.reject) reject(error);
        });
      });
    }
    const same = turn.waiting.get(id);
    if (same !== undefined) return same.found;
    const { promise, resolve, reject } = Promise.withResolvers<StoredPayload | undefined>();
    turn.waiting.set(id, { found: promise, resolve });
    turn.reject.push(reject);
    return promise;
  }

  async #run(leaf: number, { waiting }: Turn): Promise<void> {
    const { find, findAny } = statementsOn(leaf);
    const ids = [...waiting.keys()];
    const [id = ''] = ids;
    const rows =
      ids.length === 1
        ? await this.#sql.read<PayloadRow>(find, [id])
        : await this.#sql.read<PayloadRow>(findAny, [ids]);
    for (const row of rows) {
      const foundId = row.id?.replaceAll('-', '') ?? id;
      waiting.get(foundId)?.resolve(this.#payloadOf(foundId, row));
    }
    // Those that were found are settled already.
    if (rows.length < waiting.size) for (const { resolve } of waiting.values()) resolve(undefined);
  }

  #payloadOf(id: string, row: PayloadRow): StoredPayload | Found {
    if (row.blob_key !== null) return payloadOf(id, row, { kind: 'blob', key: row.blob_key });
    if (row.content !== null) return payloadOf(id, row, { kind: 'inline', data: row.content });
    return this.#rows.partsOf(id).then((parts) =>
      // Without parts, the payload was removed after its row was read.
      parts.length === 0 ? undefined : payloadOf(id, row, { kind: 'parts', parts }),
    );
  }
}

function payloadOf(id: string, row: PayloadRow, content: StoredPayload['content']): StoredPayload {
  return {
    id,
    mediaType: row.mime_type,
    content,
    size: row.size,
    isText: row.is_text,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    readsLeft: row.reads_left,
    deleteTokenHash: row.delete_token_hash,
    name: row.name,
    accountId: row.account_id,
  };
}

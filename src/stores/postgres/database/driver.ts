import pg from 'pg';
import { errorCode, NoAnswer, storeAway } from '../../../core/failure.ts';
import { OutcomeUnknown } from '../../../core/outcome-unknown.ts';
import { primaryClient } from './connection.ts';
import { canContinue, isOfServer, isUnstarted, translate } from './errors.ts';
import type { DatabaseObserver, Queries, Result, Sql, Statement, Values } from './sql.ts';

export type DriverOptions = {
  /** `postgres://` URL, possibly with several hosts. A function is called for each connection. */
  url: string | (() => string);
  /** What the server shows of its connections. */
  name?: string;
  /** The maximum number of connections. */
  pool: number;
  /** Whether statements with a name are prepared. A pooler in transaction mode may not support it. */
  prepare: boolean;
  /** After this time (ms) a statement has failed and its connection is closed. */
  deadline?: number;
  /** The same for a statement that reads whole tables. */
  longDeadline?: number;
  /** How long to wait for a connection (ms). */
  connectTimeout?: number;
  /** Called after each new connection, before its first statement. */
  onConnect?: () => void;
  observer?: DatabaseObserver | undefined;
};

/** More than `statement_timeout`, so that a server that still answers ends the statement itself. */
const defaultDeadline = 12_000;
const defaultLongDeadline = 3_600_000;
const defaultConnectTimeout = 5000;

/** PostgreSQL through `pg`, on every runtime. */
export class PgSql implements Sql {
  readonly #pool: pg.Pool;
  readonly #prepare: boolean;
  readonly #longDeadline: number;
  readonly #connectTimeout: number;
  readonly #observer: DatabaseObserver | undefined;
  /** Connections that broke, also between two statements. */
  readonly #broken = new WeakSet<pg.ClientBase>();
  /** Connections that reported a warning since their last statement began. */
  readonly #warned = new WeakSet<pg.ClientBase>();

  constructor({ url, name = 'mayfly', pool, prepare, onConnect, observer, ...times }: DriverOptions) {
    const { deadline = defaultDeadline, connectTimeout = defaultConnectTimeout } = times;
    this.#connectTimeout = connectTimeout;
    this.#longDeadline = times.longDeadline ?? defaultLongDeadline;
    this.#prepare = prepare;
    this.#observer = observer;
    this.#pool = new pg.Pool({
      Client: primaryClient(url),
      max: pool,
      connectionTimeoutMillis: connectTimeout,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      // BEGIN and the first statement of a transaction share a round trip.
      pipeline: true,
      // With `pipeline`, this destroys the connection. No request to cancel is sent.
      query_timeout: deadline,
      application_name: name,
      types: { getTypeParser },
    });
    // An idle connection that breaks is replaced by the next statement, which reports the error if that fails.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => {
      // Without a listener, a connection that breaks between two statements would end the process.
      client.on('error', () => this.#broken.add(client));
      client.on('notice', ({ code }) => {
        if (code?.startsWith('01')) this.#warned.add(client);
      });
      onConnect?.();
    });
  }

  /** Reads again, on another connection, if the first one has ended. */
  read<Row>(statement: Statement, values?: Values): Promise<Row[]> {
    const once = async (client: pg.ClientBase) => (await this.#query<Row>(client, statement, values)).rows;
    return this.#connected(once, (error) => hasEnded(error.cause));
  }

  readLong<Row>(statement: Statement, values?: Values): Promise<Row[]> {
    return this.#connected(async (client) => {
      await this.#query(client, beginLong);
      try {
        const { rows } = await this.#query<Row>(client, statement, values, this.#longDeadline);
        await this.#query(client, commit);
        return rows;
      } catch (error) {
        await this.#rollBack(client, error);
        throw error;
      }
    });
  }

  write<Row = never>(statement: Statement, values?: Values, admit?: () => void): Promise<Result<Row>> {
    return this.#connected((client) => {
      admit?.();
      return this.#decisive<Row>(client, statement, values);
    });
  }

  transaction<T>(work: (queries: Queries) => Promise<T>, admit?: () => void): Promise<T> {
    return this.#connected(async (client) => {
      admit?.();
      const begun = this.#query(client, begin);
      begun.catch(() => undefined);
      // The first statement follows in the same round trip. It fails if this one does.
      const run = async <Row>(statement: Statement, values?: Values) =>
        (await Promise.all([this.#query<Row>(client, statement, values), begun]))[0];
      let result: T;
      try {
        result = await work({ run });
        await begun;
      } catch (error) {
        await this.#rollBack(client, error);
        throw error;
      }
      const { command } = await this.#decisive(client, commit);
      if (command === 'ROLLBACK') throw new Error('a failed statement had aborted the transaction');
      return result;
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  /**
   * Runs `work` with a connection of its own, which is closed if it can no longer be used.
   *
   * @param isRepeated Whether to run it once more, with another connection.
   */
  async #connected<T>(
    work: (client: pg.ClientBase) => Promise<T>,
    isRepeated: (error: Unusable) => boolean = () => false,
  ): Promise<T> {
    const client = await this.#connect();
    let isUsable = true;
    try {
      return await work(client);
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      isUsable = false;
      if (!isRepeated(error)) throw error.reason;
    } finally {
      client.release(!isUsable);
    }
    return this.#connected(work);
  }

  async #connect(): Promise<pg.PoolClient> {
    const start = performance.now();
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw storeAway(this.#reasonOf(error));
    } finally {
      this.#observer?.waited(performance.now() - start);
    }
  }

  /** The pool only says that it closed a new connection, or that a timeout was exceeded. */
  #reasonOf(error: unknown): unknown {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('connection timeout')) return new NoAnswer(this.#connectTimeout);
    if (!message.includes('timeout exceeded')) return error;
    return new Error(`all connections of the pool were in use for ${this.#connectTimeout / 1000} s`);
  }

  /** A statement whose success makes changes durable. */
  async #decisive<Row>(client: pg.ClientBase, statement: Statement, values?: Values) {
    this.#warned.delete(client);
    if (this.#broken.has(client)) {
      const cause = new Error('the connection broke before the statement was sent');
      throw new Unusable(cause, storeAway(cause));
    }
    try {
      const result = await this.#query<Row>(client, statement, values);
      // For example, the wait for a standby was cancelled.
      if (this.#warned.has(client)) throw this.#unknown(new Error('the server warned at the commit'));
      return result;
    } catch (error) {
      if (error instanceof Unusable && !isUnstarted(error.cause))
        throw new Unusable(error.cause, this.#unknown(error.cause));
      throw error;
    }
  }

  #unknown(cause: unknown): OutcomeUnknown {
    this.#observer?.outcomeUnknown();
    return new OutcomeUnknown(cause);
  }

  async #rollBack(client: pg.ClientBase, error: unknown): Promise<void> {
    if (error instanceof Unusable) return;
    try {
      await this.#query(client, rollback);
    } catch (failure) {
      // The error that undid the transaction is the cause; this one only follows from it.
      throw new Unusable(failure, error);
    }
  }

  /** @param deadline Replaces that of the pool. */
  async #query<Row>(
    client: pg.ClientBase,
    { text, name }: Statement,
    values: Values = [],
    deadline?: number,
  ) {
    const limits = deadline === undefined ? {} : { query_timeout: deadline };
    const query = { text, values, ...(this.#prepare && name !== undefined && { name }), ...limits };
    const start = performance.now();
    try {
      const answer = await client.query<Row & pg.QueryResultRow>(query as pg.QueryConfig);
      const { rows, rowCount, command } = answer;
      return { rows: rows as Row[], count: rowCount ?? 0, command };
    } catch (error) {
      if (error instanceof TypeError || canContinue(error)) throw translate(error);
      throw new Unusable(error, isOfServer(error) ? translate(error) : storeAway(error));
    } finally {
      this.#observer?.ran(text, performance.now() - start);
    }
  }
}

/** An error after which the connection must be closed. The caller gets `reason`. */
class Unusable extends Error {
  readonly reason: unknown;

  constructor(cause: unknown, reason: unknown) {
    super('the connection cannot be used again', { cause });
    this.reason = reason;
  }
}

/** Whether the connection has ended, unlike one that is too slow: another one may answer at once. */
function hasEnded(error: unknown): boolean {
  if (isOfServer(error)) return /^57P/.test(errorCode(error) ?? '');
  return error instanceof Error && error.message !== 'Query read timeout';
}

const begin: Statement = { text: 'BEGIN' };
/** Without parameters, both are sent together. A setting of the transaction also works behind a pooler. */
const beginLong: Statement = { text: 'BEGIN READ ONLY; SET LOCAL statement_timeout = 0' };
const commit: Statement = { text: 'COMMIT' };
const rollback: Statement = { text: 'ROLLBACK' };

const int8 = 20;

/** Numbers above 2^53 do not occur: they are bytes, counts and milliseconds. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === int8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format as 'text');
}

import { Counter, type Registry } from 'prom-client';
import { Histogram, type Series } from './histogram.ts';

/** The upper bounds of the buckets: seconds, and writes. */
const times = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5];
const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** The maximum number of remembered texts, should the text of a statement vary. */
const maxTexts = 2000;

/** The metrics of a process about its use of a database server. */
export class DatabaseMetrics {
  readonly #waits: Series<never>;
  readonly #statements: Histogram<'statement'>;
  readonly #byText = new Map<string, Series<'statement'>>();
  readonly #byLabel = new Map<string, Series<'statement'>>();
  readonly #commits: Series<never>;
  readonly #repeats: Counter;
  readonly #unknown: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#waits = new Histogram(registry, {
      name: 'mayfly_database_wait_seconds',
      help: 'Time that work waited for a connection of DATABASE_POOL',
      bounds: times,
    }).series({});
    this.#statements = new Histogram<'statement'>(registry, {
      name: 'mayfly_database_statement_seconds',
      help: 'Time until a statement was answered, by its kind and its first table',
      bounds: times,
    });
    this.#commits = new Histogram(registry, {
      name: 'mayfly_database_commit_writes',
      help: 'Writes that shared a commit',
      bounds: sizes,
    }).series({});
    this.#repeats = new Counter({
      name: 'mayfly_database_repeats_total',
      help: 'Transactions that were run again after a deadlock or another conflict',
      registers,
    });
    this.#unknown = new Counter({
      name: 'mayfly_database_unknown_outcomes_total',
      help: 'Writes whose answer was lost, so that they may have taken effect',
      registers,
    });
  }

  /** A connection of the pool was free after this time (ms). */
  waited(milliseconds: number): void {
    this.#waits.observe(milliseconds / 1000);
  }

  /** A statement was answered or has failed after this time (ms). */
  ran(text: string, milliseconds: number): void {
    this.#seriesOf(text).observe(milliseconds / 1000);
  }

  committed(writes: number): void {
    this.#commits.observe(writes);
  }

  repeated(): void {
    this.#repeats.inc();
  }

  outcomeUnknown(): void {
    this.#unknown.inc();
  }

  #seriesOf(text: string): Series<'statement'> {
    const known = this.#byText.get(text);
    if (known) return known;
    const statement = labelOf(text);
    const series = this.#byLabel.get(statement) ?? this.#statements.series({ statement });
    this.#byLabel.set(statement, series);
    if (this.#byText.size < maxTexts) this.#byText.set(text, series);
    return series;
  }
}

const writing = /\b(INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|LOCK TABLE)\s+([a-z_0-9]+)/;
const reading = /\bFROM\s+([a-z_0-9]+)/;

/**
 * What a statement does first, such as `insert payloads`. The tables of the ring have one name, so that there are a few
 * dozen labels.
 */
export function labelOf(text: string): string {
  const [, verb, written] = writing.exec(text) ?? [];
  const [, read] = reading.exec(text) ?? [];
  const [first = ''] = (verb ?? (read ? 'select' : text.trim())).split(/[\s;]/);
  const table = (written ?? read ?? '').replace(/^payloads_\d\d$/, 'payloads');
  return `${first.toLowerCase()} ${table}`.trim();
}

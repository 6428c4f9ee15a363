import type { CachedTable, Change } from '../../core/ports/changes.ts';

/** The maximum number of keys of a table in a message. A change of more is one of any row. */
const maxKeys = 1000;

/** The changes that a node sends to the others. */
export type Message = {
  /** The node that sends it. */
  from: string;
  changes: Change[];
};

/** Collects the changes for the next message. A row that changes twice is in it once. */
export class PendingChanges {
  readonly #tables: readonly CachedTable[];
  /** The changed keys of each table, or `any`. */
  #keys = new Map<CachedTable, Set<string> | 'any'>();

  /** @param tables Other tables are left out, since no node caches them. */
  constructor(tables: readonly CachedTable[]) {
    this.#tables = tables;
  }

  add({ table, key }: Change): void {
    if (table === undefined) for (const each of this.#tables) this.#keys.set(each, 'any');
    else if (this.#tables.includes(table)) this.#addTo(table, key);
  }

  /** All changes since the last call. */
  take(): Change[] {
    const taken = [...this.#keys].flatMap(([table, keys]): Change[] =>
      keys === 'any' ? [{ table }] : [...keys].map((key) => ({ table, key })),
    );
    this.#keys = new Map();
    return taken;
  }

  #addTo(table: CachedTable, key: string | undefined): void {
    const keys = this.#keys.get(table) ?? new Set();
    if (keys === 'any') return;
    if (key === undefined || keys.size === maxKeys) this.#keys.set(table, 'any');
    else this.#keys.set(table, keys.add(key));
  }
}

/** The message in a text; undefined if it is malformed. */
export function parseMessage(text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.from !== 'string' || !Array.isArray(value.changes)) return undefined;
  return value.changes.every(isChange) ? (value as Message) : undefined;
}

/** A table that is not known here is cached only by nodes of another version. */
function isChange(value: unknown): boolean {
  return isObject(value) && isOptionalText(value.table) && isOptionalText(value.key);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

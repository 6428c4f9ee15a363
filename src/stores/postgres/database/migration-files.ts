import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownPath } from '../../../program/index.ts';

const folder = ownPath('migrations/postgres');

/** One step of the schema. CONTRIBUTING.md, "Migrations", says what it may contain. */
export type Migration = {
  /** From 1. The version of the schema after it, and the version of the first code that knows it. */
  number: number;
  name: string;
  statements: string[];
  /** The oldest code that can use the schema from now on; undefined if this migration excludes no code. */
  oldestCode: number | undefined;
  /** Whether each statement runs by itself, outside of a transaction. Then it can be repeated. */
  isOutside: boolean;
};

let known: Migration[] | undefined;

/** The migrations of this version of the code, in order. The number of the last one is the version of the code. */
export function readMigrations(): Migration[] {
  // The files may be replaced by those of another version while this one runs.
  known ??= readFiles();
  return known;
}

function readFiles(): Migration[] {
  const journal = join(folder, 'meta', '_journal.json');
  if (!existsSync(journal)) throw new Error(`the migrations are missing in ${folder}: install Mayfly again`);
  const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] };
  return entries.map(({ tag }, index) => {
    // The generator names the schema of referenced tables, which is another one if the role has a schema of its name.
    const text = readFileSync(join(folder, `${tag}.sql`), 'utf8').replaceAll('"public".', '');
    const oldestCode = /^-- oldest code: (\d+)$/m.exec(text)?.[1];
    return {
      number: index + 1,
      name: tag,
      statements: text.split('--> statement-breakpoint'),
      oldestCode: oldestCode === undefined ? undefined : Number(oldestCode),
      isOutside: /^-- outside of transactions$/m.test(text),
    };
  });
}

/** The name of connections of this code. A migration finds servers of older code by it. */
export function connectionName(): string {
  return `mayfly ${readMigrations().length}`;
}

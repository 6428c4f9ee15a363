import type Database from 'better-sqlite3';

/** The content of the file is in another database now. The message continues with where. */
export class MovedAway extends Error {
  readonly code = 'MOVED';
  readonly to: string;

  constructor(to: string) {
    super(`moved to ${to}`);
    this.to = to;
  }
}

/** Where the content of a file has moved, without credentials; undefined if it has not. */
export function movedTo(raw: Database.Database): string | undefined {
  return deploymentValue(raw, 'moved_to');
}

/** A value of the deployment in a file of any version. */
export function deploymentValue(raw: Database.Database, name: string): string | undefined {
  const hasTable = raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'deployment'").get();
  if (hasTable === undefined) return undefined;
  return raw.prepare<[string], string>('SELECT value FROM deployment WHERE name = ?').pluck().get(name);
}

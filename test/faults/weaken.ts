// Preloaded (`bun --preload`) into a Mayfly to make it lose acknowledged writes, so that the tests of durability can
// prove that they detect it. WEAKEN selects how: `normal` and `off` set `synchronous` of SQLite to that value; `blobs`
// leaves files and folders unsynced.
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import Database from 'better-sqlite3';

const how = process.env.WEAKEN;

if (how === 'normal' || how === 'off') {
  const pragma = Database.prototype.pragma;
  Database.prototype.pragma = function (source, options) {
    return pragma.call(this, /^synchronous\b/i.test(source) ? `synchronous = ${how}` : source, options);
  };
} else if (how === 'blobs') {
  const handle = await open(tmpdir(), 'r');
  const prototype: { sync(): Promise<void>; datasync(): Promise<void> } = Object.getPrototypeOf(handle);
  prototype.sync = async () => undefined;
  prototype.datasync = async () => undefined;
  await handle.close();
} else {
  throw new Error(`WEAKEN=${how} is not a way to weaken`);
}

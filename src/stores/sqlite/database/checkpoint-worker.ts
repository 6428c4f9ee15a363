import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { CheckpointRequest } from './checkpointer.ts';

/**
 * Runs in a thread of its own, with a connection of its own: copying the log into the database takes tens of
 * milliseconds, and would hold up every request on the thread that serves them.
 */

type Progress = { busy: number; log: number; checkpointed: number };

/** So few pages left that copying them does not hold up a writer (the last step locks writers out). */
const fewPages = 200;
const maxPasses = 8;

const raw = new Database((workerData as { file: string }).file);
// A log that is in use, by a backup for one, is not waited for: the next request tries again.
raw.pragma('busy_timeout = 0');
raw.pragma('synchronous = FULL');

parentPort?.on('message', (request: CheckpointRequest) => {
  try {
    if (request === 'close') raw.close();
    else checkpoint(request);
  } catch {
    // A full disk or a log in use: the next request tries again, and the log keeps everything until then.
  }
  parentPort?.postMessage(request);
});

/** Copies without a lock until little is left, then the rest, so that the log begins anew. */
function checkpoint(mode: 'RESTART' | 'TRUNCATE'): void {
  let left = Number.POSITIVE_INFINITY;
  for (let pass = 0, copied = 0; pass < maxPasses && left > fewPages; pass += 1) {
    const { log, checkpointed } = passive();
    left = log - copied;
    copied = checkpointed;
  }
  raw.pragma(`wal_checkpoint(${mode})`);
}

function passive(): Progress {
  return (raw.pragma('wal_checkpoint(PASSIVE)') as [Progress])[0];
}

import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { CheckpointRequest } from './checkpointer.ts';

/**
 * Runs in its own thread with its own connection: a checkpoint takes tens of milliseconds and would block every request
 * on the server's thread.
 */

type Progress = { busy: number; log: number; checkpointed: number };

/** Few enough pages for the last step of a checkpoint, which locks writers out. */
const fewPages = 200;
const maxPasses = 8;

const raw = new Database((workerData as { file: string }).file);
// Do not wait for a log that is in use, for example by a backup: the next request tries again.
raw.pragma('busy_timeout = 0');
raw.pragma('synchronous = FULL');

parentPort?.on('message', (request: CheckpointRequest) => {
  try {
    if (request === 'close') raw.close();
    else checkpoint(request);
  } catch {
    // The disk is full or the log is in use: the log keeps everything, and the next request tries again.
  }
  parentPort?.postMessage(request);
});

/** Copies most pages without a lock, then the rest, so that the log starts again from its beginning. */
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

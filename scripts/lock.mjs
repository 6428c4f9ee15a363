// A lock between processes. Plain JavaScript for Node 18, Bun and Deno.
import { mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Does some work while no other process does work with the same lock. @param lock A path that exists meanwhile */
export async function withLock(lock, work) {
  mkdirSync(dirname(lock), { recursive: true });
  while (!takeLock(lock)) await sleep(100);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/**
 * A lock is a symbolic link to the number of the process, so that it is created with its content. That of a process that
 * was killed is removed.
 */
function takeLock(lock) {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const owner = ownerOf(lock);
  if (owner !== undefined && !isRunning(owner)) {
    // One process at a time removes it, and never the lock of the next owner.
    const removal = `${lock}.removal`;
    if (takeLock(removal)) {
      if (ownerOf(lock) === owner) rmSync(lock);
      rmSync(removal);
    }
  }
  return false;
}

function ownerOf(lock) {
  try {
    return Number(readlinkSync(lock));
  } catch {
    return undefined;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

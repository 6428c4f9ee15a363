import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const blockSize = 1024 ** 2;

/** Makes a file of random bytes to upload. @param size In bytes. @returns Its path. */
export function makeSourceFile(folder: string, name: string, size: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (let left = size; left > 0; left -= blockSize) writeSync(file, randomBytes(Math.min(blockSize, left)));
  closeSync(file);
  return path;
}

/** Makes a file of zeros that takes no room, where only its length counts. @param size In bytes. */
export function makeSparseFile(folder: string, name: string, size: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  closeSync(file);
  return path;
}

import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const blockSize = 1024 ** 2;

/** Creates a file of random bytes. @param size In bytes. @returns its path */
export function makeSourceFile(folder: string, name: string, size: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (let left = size; left > 0; left -= blockSize) writeSync(file, randomBytes(Math.min(blockSize, left)));
  closeSync(file);
  return path;
}

/** Creates a sparse file of zeros, if only the length matters. @param size In bytes. */
export function makeSparseFile(folder: string, name: string, size: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  closeSync(file);
  return path;
}

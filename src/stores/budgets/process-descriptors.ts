import { readdir, readFile, stat } from 'node:fs/promises';
import type { CountDescriptors } from '../../core/ports/limits/budget.ts';

const folder = '/proc/self/fd';

/** Counts the open descriptors of this process by proc(5). Returns undefined without proc, or without permission. */
export const countDescriptors: CountDescriptors = async () => {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8')) ?? [];
    if (limit === undefined) return undefined;
    // Since Linux 6.2, the size is their number. Before, it is 0.
    const { size } = await stat(folder);
    return { open: size || (await readdir(folder)).length, limit: Number(limit) };
  } catch {
    return undefined;
  }
};

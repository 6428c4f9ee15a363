import { invalid } from '../failure.ts';

/** The most that metadata may take (bytes of JSON): lists carry that of a hundred files. */
const maxBytes = 4096;
/** How deep it may be: whoever writes it down goes down as deep. */
const deepest = 16;

/** @throws Failure `invalid` where it is too long or too deep to be kept with every file */
export function requireMetadata(metadata: Record<string, unknown> | null): Record<string, unknown> | null {
  if (metadata === null) return null;
  if (!isShallow(metadata) || Buffer.byteLength(JSON.stringify(metadata)) > maxBytes)
    throw invalid('metadata', `must be at most ${maxBytes} bytes of JSON, and ${deepest} levels deep`);
  return metadata;
}

/** Goes down level by level, and so no deeper than is allowed. */
function isShallow(metadata: unknown): boolean {
  let level = [metadata];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return false;
    level = level
      .filter((value): value is object => typeof value === 'object' && value !== null)
      .flatMap((value) => Object.values(value));
  }
  return true;
}

import { invalid } from '../failure.ts';

/** The maximum size of metadata (bytes of JSON). A list page contains the metadata of up to a hundred files. */
const maxBytes = 4096;
/** The maximum nesting, because serializers recurse. */
const maxDepth = 16;

/** @throws Failure `invalid` if the metadata is too large or too deeply nested */
export function requireMetadata(metadata: Record<string, unknown> | null): Record<string, unknown> | null {
  if (metadata === null) return null;
  if (!isShallow(metadata) || Buffer.byteLength(JSON.stringify(metadata)) > maxBytes)
    throw invalid('metadata', `must be at most ${maxBytes} bytes of JSON, and ${maxDepth} levels deep`);
  return metadata;
}

/** Visits one level at a time instead of recursing, so that deep input cannot overflow the stack. */
function isShallow(metadata: unknown): boolean {
  let level = [metadata];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) return false;
    level = level
      .filter((value): value is object => typeof value === 'object' && value !== null)
      .flatMap((value) => Object.values(value));
  }
  return true;
}

import { describe, test } from 'bun:test';
import { findPart, nothingMayBeSkipped, type PartName } from './parts.ts';

const skipped: PartName[][] = [];

/**
 * A `describe` that needs real dependencies: `await suiteWith(['redis-server'], 'limits in Redis', () => { … })`. Where
 * one is not available, the suite is skipped with a message; with CI=true it fails. The body gets the
 * paths of the dependencies.
 */
export async function suiteWith<Name extends PartName>(
  parts: readonly Name[],
  name: string,
  body: (paths: Record<Name, string>) => void,
): Promise<void> {
  const paths: Partial<Record<Name, string>> = {};
  const missing: Name[] = [];
  for (const part of parts) {
    const path = await findPart(part);
    if (path === undefined) missing.push(part);
    else paths[part] = path;
  }
  if (missing.length === 0) {
    describe(name, () => body(paths as Record<Name, string>));
    return;
  }
  const reason = `needs ${missing.join(', ')}`;
  if (nothingMayBeSkipped()) {
    describe(name, () => {
      test(reason, () => {
        throw new Error(`with CI=true no suite may be skipped, and this one ${reason}, which cannot be had`);
      });
    });
    return;
  }
  skipped.push(missing);
  console.error(`skipped suite: ${name} (${reason})`);
  describe.skip(name, () => {
    test(reason, () => undefined);
  });
}

/** One line for the end of the run, or undefined if no suite was skipped. */
export function skippedSummary(): string | undefined {
  if (skipped.length === 0) return undefined;
  return `skipped suites: ${skipped.length} (${[...new Set(skipped.flat())].join(', ')})`;
}

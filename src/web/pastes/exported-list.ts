import { isKeptPaste, type KeptPaste } from '../kept/pastes.ts';

const kind = 'mayfly pastes';

/** The list as a file, for another browser. It holds every secret that the list holds. */
export function exportedList(pastes: KeptPaste[]): Blob {
  const content = JSON.stringify({ kind, version: 1, pastes }, null, 2);
  return new Blob([content, '\n'], { type: 'application/json' });
}

/**
 * Reads such a file; undefined where it is none.
 *
 * @param server What links of this server begin with: those of another could not be opened or deleted here.
 */
export function importedList(text: string, server: string): KeptPaste[] | undefined {
  let content: { kind?: unknown; pastes?: unknown } | null;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (content?.kind !== kind || !Array.isArray(content.pastes)) return undefined;
  const own = content.pastes.filter(isKeptPaste).filter(({ url }) => url.startsWith(`${server}/p/`));
  return own.length > 0 || content.pastes.length === 0 ? own : undefined;
}

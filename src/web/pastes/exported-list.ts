import { isKeptPaste, type KeptPaste } from '../kept/pastes.ts';

const kind = 'mayfly pastes';

/** The list as a file that another browser can import. It contains every secret of the list. */
export function exportedList(pastes: KeptPaste[]): Blob {
  const content = JSON.stringify({ kind, version: 1, pastes }, null, 2);
  return new Blob([content, '\n'], { type: 'application/json' });
}

/**
 * Reads an exported file; undefined if it is not one.
 *
 * @param server The beginning of the links of this server. Pastes of other servers are left out.
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

/** Lines of a text, from 1, both ends included. */
export type LineRange = { first: number; last: number };

/** The content of a page's fragment: the lines to mark, and the secret of encrypted content. */
export type Fragment = { secret: string; lines: LineRange | null };

/** Reads `#L3` and `#L3-L9`, or for encrypted content `#{secret}` and `#{secret}&L3-L9`. */
export function readFragment(hash: string, isEncrypted: boolean): Fragment {
  const fragment = hash.replace(/^#/, '');
  if (!isEncrypted) return { secret: '', lines: readLines(fragment) };
  const [secret = '', lines = ''] = fragment.split('&');
  return { secret, lines: readLines(lines) };
}

export function writeFragment({ secret, lines }: Fragment): string {
  const parts = [secret, lines === null ? '' : writeLines(lines)].filter((part) => part !== '');
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}

function readLines(text: string): LineRange | null {
  const [, from, to] = /^L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined) return null;
  const [first, last] = [Number(from), Number(to ?? from)].sort((one, other) => one - other);
  return first === undefined || last === undefined || first < 1 ? null : { first, last };
}

function writeLines({ first, last }: LineRange): string {
  return first === last ? `L${first}` : `L${first}-L${last}`;
}

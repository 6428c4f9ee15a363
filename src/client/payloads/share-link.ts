/** The components of a share link. */
export type ShareLink = {
  id: string;
  /** The URL of the server, without a trailing slash; missing for an id alone. */
  url?: string;
  /** The key of an encrypted payload. It is never sent to a server. */
  secret?: string;
};

/**
 * Parses `https://host/p/{id}#{secret}`, the same with `/raw/`, or an id with or without a secret. It ignores marked
 * lines: `#L3-L9`, `#{secret}&L3-L9`.
 */
export function parseShareLink(text: string): ShareLink | undefined {
  const [, url, id, fragment] =
    /^(?:(https?:\/\/[^#]+)\/(?:p|raw)\/)?([0-9a-f]{32})\/?(?:\?[^#]*)?(?:#(.*))?$/.exec(text.trim()) ?? [];
  if (id === undefined) return undefined;
  const secret = fragment?.replace(/(?:^|&)L\d{1,9}(?:-L?\d{1,9})?$/, '');
  return { id, ...(url !== undefined && { url }), ...(secret && { secret }) };
}

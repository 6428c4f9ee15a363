/** What a share link consists of. */
export type ShareLink = {
  id: string;
  /** The address of the server, without a slash at its end; missing where only an id was given. */
  url?: string;
  /** The key of a sealed payload, which no server is sent. */
  secret?: string;
};

/**
 * Reads `https://host/p/{id}#{secret}`, also of `/raw/`, or an id alone, with or without its secret. The lines that the
 * page marks are passed over: `#L3-L9`, `#{secret}&L3-L9`.
 */
export function parseShareLink(text: string): ShareLink | undefined {
  const [, url, id, fragment] =
    /^(?:(https?:\/\/[^#]+)\/(?:p|raw)\/)?([0-9a-f]{32})\/?(?:\?[^#]*)?(?:#(.*))?$/.exec(text.trim()) ?? [];
  if (id === undefined) return undefined;
  const secret = fragment?.replace(/(?:^|&)L\d{1,9}(?:-L?\d{1,9})?$/, '');
  return { id, ...(url !== undefined && { url }), ...(secret && { secret }) };
}

/** What a share link consists of. */
export type ShareLink = {
  id: string;
  /** The address of the server, without a slash at its end; missing where only an id was given. */
  url?: string;
  /** The key of a sealed payload, which no server is sent. */
  secret?: string;
};

/** Reads `https://host/p/{id}#{secret}`, also of `/raw/`, or an id alone, with or without its secret. */
export function parseShareLink(text: string): ShareLink | undefined {
  const [, url, id, secret] =
    /^(?:(https?:\/\/.+)\/(?:p|raw)\/)?([0-9a-f]{32})\/?(?:\?[^#]*)?(?:#(.*))?$/.exec(text.trim()) ?? [];
  if (id === undefined) return undefined;
  return { id, ...(url !== undefined && { url }), ...(secret && { secret }) };
}

import { invalid } from './failure.ts';
import type { Signer } from './signing.ts';

const defaultLimit = 50;
/** The maximum number of entries of a list page of the bucket API. */
export const maxListed = 1000;

/** A request for a list page: the first one without a cursor. */
export type PageRequest = { cursor?: string; limit?: number };

/** A list page, and the cursor of the next one; null on the last page. */
export type Page<Entry> = { entries: Entry[]; cursor: string | null };

type List<Entry> = {
  /** One of `cursorScopes`: a cursor is valid for this list only. */
  scope: string;
  maxLimit: number;
  /** Reads up to `count` entries after a position, or from the beginning. */
  read(position: string | undefined, count: number): Promise<Entry[]>;
  /** The position after an entry; undefined if nothing can follow. */
  positionAfter(entry: Entry): string | undefined;
};

/**
 * The scopes of all lists with cursors. Scopes are signed: changing one invalidates the cursors that clients have.
 * Scopes are unique, since ids contain no spaces and no brackets.
 */
export const cursorScopes = {
  buckets: (accountId: string) => `buckets ${accountId}`,
  deliveries: (webhookId: string) => `deliveries ${webhookId}`,
  files: (bucketId: string, { prefix, tag }: { prefix?: string; tag?: string }) =>
    prefix === undefined && tag === undefined
      ? bucketId
      : JSON.stringify(['files', bucketId, prefix ?? null, tag ?? null]),
  keys: (accountId: string) => `keys ${accountId}`,
  objects: (bucketId: string, prefix: string, delimiter: string) =>
    JSON.stringify([bucketId, prefix, delimiter]),
  webhooks: (accountId: string) => `webhooks ${accountId}`,
};

/**
 * Reads a list page, and one entry more to know whether another page follows.
 *
 * @throws Failure `invalid` for a limit outside 1 to `maxLimit`, and for a cursor of another list
 */
export async function readPage<Entry>(
  signer: Signer,
  { cursor, limit = defaultLimit }: PageRequest,
  { scope, maxLimit, read, positionAfter }: List<Entry>,
): Promise<Page<Entry>> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    throw invalid('limit', `must be a whole number from 1 to ${maxLimit}`);
  // Cursors of earlier versions hold numbers.
  const position = cursor === undefined ? undefined : String(signer.openCursor(scope, cursor));
  const entries = await read(position, limit + 1);
  const last = entries.length > limit ? entries[limit - 1] : undefined;
  const next = last && positionAfter(last);
  return {
    entries: entries.slice(0, limit),
    cursor: next === undefined ? null : signer.sealCursor(scope, next),
  };
}

/** Where content in one piece is: inline in the database, or a blob. */
export type StoredContent = { kind: 'inline'; data: string | Uint8Array } | { kind: 'blob'; key: string };

/** One blob of content that stays in parts. Parts are in the order of their numbers. Sizes are bytes. */
export type ContentPart = { key: string; size: number };

/** Where the content of a payload, file or object is. */
export type ObjectContent = StoredContent | { kind: 'parts'; parts: ContentPart[] };

/** Content to read, with its size if known (bytes). */
export type SizedContent = { content: ObjectContent; size?: number };

/** A sweep has claimed the journal record of the blob: no row may show the blob. The write changed nothing. */
export type LeaseLost = 'lease_lost';

/** Placed content: its blob is durable, or its inline bytes become durable with the row. */
export type PlacedContent = {
  content: StoredContent;
  size: number;
  /** Whether the bytes are valid UTF-8. */
  isText: boolean;
};

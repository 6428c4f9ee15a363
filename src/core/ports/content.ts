/** Where bytes are that came at once: beside their row, or in the blob store under a key. */
export type StoredContent = { kind: 'inline'; data: string | Uint8Array } | { kind: 'blob'; key: string };

/** Content that came in parts and stays in them, in the order of their numbers. Sizes are bytes. */
export type ContentPart = { key: string; size: number };

/** Where the bytes of a payload or an object are. */
export type ObjectContent = StoredContent | { kind: 'parts'; parts: ContentPart[] };

/** Content to read, with its size in bytes where that is known. */
export type SizedContent = { content: ObjectContent; size?: number };

/** A sweep has claimed the journal record of a blob: no row may show the blob, and the write changed nothing. */
export type LeaseLost = 'lease_lost';

/** Content that has found its place: its bytes are durable, or will be with its row. */
export type PlacedContent = {
  content: StoredContent;
  size: number;
  /** Whether the bytes are valid UTF-8, known since they were written. */
  isText: boolean;
};

/** What an account may hold; null for no limit. */
export type Quota = { maxStoredBytes: number | null; maxObjects: number | null };

/** The limit of a quota that a write would exceed; nothing was written. */
export type QuotaExceeded = 'bytes_exceeded' | 'objects_exceeded';

export type QuotaVerdict = 'within' | QuotaExceeded;

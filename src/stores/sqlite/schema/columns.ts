import { customType } from 'drizzle-orm/sqlite-core';

/** Stores text as TEXT and bytes as BLOB, so that reading text needs no decoding. */
export const textOrBytes = customType<{ data: string | Uint8Array; driverData: string | Uint8Array }>({
  dataType: () => 'blob',
});

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'blob' });

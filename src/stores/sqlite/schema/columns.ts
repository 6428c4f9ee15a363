import { customType } from 'drizzle-orm/sqlite-core';

/** Text stays SQLite TEXT and bytes stay BLOB, so that text is read back without decoding. */
export const textOrBytes = customType<{ data: string | Uint8Array; driverData: string | Uint8Array }>({
  dataType: () => 'blob',
});

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'blob' });

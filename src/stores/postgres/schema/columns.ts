import { bigint, customType } from 'drizzle-orm/pg-core';

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

/** Text that is compared and sorted by its bytes, whatever the locale of the database. */
export const byteOrdered = customType<{ data: string; driverData: string }>({
  dataType: () => 'text COLLATE "C"',
});

/** A number below 2^53: milliseconds since the epoch, bytes, a count. */
export const number = (name: string) => bigint(name, { mode: 'number' });

/** A row number. The order of numbers is not the order of commits. */
export const rowNumber = (name: string) =>
  bigint(name, { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity();

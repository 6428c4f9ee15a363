/** Every table. Times are milliseconds since the epoch, sizes bytes. */
export * from './accounts.ts';
export * from './objects.ts';
export * from './payloads.ts';
export * from './server.ts';
export * from './webhooks.ts';

import { afterAll } from 'bun:test';

/**
 * A server for all tests of a file or of a `describe`: it starts at the first call, is the same every
 * time, and stops after the last test.
 */
export function startedOnce<Server extends { stop?(): unknown }>(
  start: () => Promise<Server>,
): () => Promise<Server> {
  let started: Promise<Server> | undefined;
  afterAll(async () => {
    await (await started)?.stop?.();
  });
  return () => {
    started ??= start();
    return started;
  };
}

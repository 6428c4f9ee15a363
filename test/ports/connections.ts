import { afterAll, beforeAll } from 'bun:test';

type Closable = { close(): Promise<void> };

/** Opens an empty database, over one connection or several. */
export type OpenConnections<Stores extends Closable> = () => Stores[] | Promise<Stores[]>;

/**
 * Opens a database once for a suite and closes its connections at the end. All tests of the suite share it, so each
 * of them also runs beside the data of other accounts.
 *
 * @returns The connections, for use within a test.
 */
export function openedForSuite<Stores extends Closable>(open: OpenConnections<Stores>): () => Stores[] {
  let connections: Stores[] = [];
  beforeAll(async () => {
    connections = await open();
  });
  afterAll(async () => {
    for (const { close } of connections) await close();
  });
  return () => connections;
}

/** The connection on which a suite prepares a race and checks its outcome. */
export function firstOf<Stores>([stores]: Stores[]): Stores {
  if (stores === undefined) throw new Error('a suite needs a connection');
  return stores;
}

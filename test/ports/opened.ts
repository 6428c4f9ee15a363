import { afterAll, beforeAll } from 'bun:test';

/** Stores of one database. */
export type Opened<Stores> = {
  stores: Stores;
  /** Opens the same database again, like another process. */
  openAgain(): Promise<Stores>;
  /** Closes everything that was opened on this database. */
  close(): Promise<void>;
};

/** Opens an empty database. */
export type Open<Stores> = () => Promise<Opened<Stores>>;

/** Connections to one database. A suite prepares its tests on the first one, and checks their outcomes there. */
export type Connections<Stores> = [Stores, ...Stores[]];

/** Returns an opener for the body of a suite. Everything that it opens is closed at the end of the suite. */
export function closedAfterSuite<Stores>(open: Open<Stores>): Open<Stores> {
  const opened: Opened<Stores>[] = [];
  afterAll(async () => {
    await Promise.all(opened.map(({ close }) => close()));
  });
  return async () => {
    const one = await open();
    opened.push(one);
    return one;
  };
}

/** Opens a database over `count` connections. */
export async function connect<Stores>(open: Open<Stores>, count: number): Promise<Connections<Stores>> {
  const { stores, openAgain } = await open();
  const connections: Connections<Stores> = [stores];
  while (connections.length < count) connections.push(await openAgain());
  return connections;
}

/**
 * Opens a database once for a suite, over `count` connections. All tests of the suite share it, so each of them also
 * runs beside the data of other accounts.
 *
 * @returns The connections, for use within a test.
 */
export function openedForSuite<Stores>(open: Open<Stores>, count = 1): () => Connections<Stores> {
  const openStores = closedAfterSuite(open);
  let connections: Connections<Stores> | undefined;
  beforeAll(async () => {
    connections = await connect(openStores, count);
  });
  return () => {
    if (connections === undefined) throw new Error('the database is opened before the first test');
    return connections;
  };
}

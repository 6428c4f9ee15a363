import { afterAll } from 'bun:test';

/** Stores over a database of their own. */
export type Opened<Stores> = {
  stores: Stores;
  /** Opens the same database once more, as another process does. */
  openAgain(): Promise<Stores>;
  /** Closes all that was opened on this database. */
  close(): Promise<void>;
};

export type Open<Stores> = () => Promise<Opened<Stores>>;

/** How many callers compete in a race. */
export const callers = 16;

/** The same opener, for the body of a suite: what it opened is closed at the end of the suite. */
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

/** Starts 16 calls at once, divided among these processes, and waits for all of them. */
export async function race<Stores, Result>(
  processes: Stores[],
  call: (stores: Stores, caller: number) => Promise<Result>,
): Promise<Result[]> {
  const calls = Array.from({ length: callers }, (_, caller) =>
    call(processes[caller % processes.length] as Stores, caller),
  );
  return Promise.all(calls);
}

/**
 * Sweeps 16 times at once, and then until nothing is left: sweeps that meet may leave rows to the next one.
 *
 * @returns How many rows were removed in all.
 */
export async function sweepAtOnce<Stores>(
  processes: Stores[],
  sweep: (stores: Stores) => Promise<number>,
): Promise<number> {
  const removed = await race(processes, sweep);
  let all = removed.reduce((sum, rows) => sum + rows, 0);
  for (const stores of processes)
    for (let rows = await sweep(stores); rows > 0; rows = await sweep(stores)) all += rows;
  return all;
}

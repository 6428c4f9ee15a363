import { Failure } from '../../src/core/failure.ts';
import type { Swept } from '../../src/core/ports/swept.ts';

/** How many callers compete in a race. */
export const callers = 16;

type Call<Stores, Value> = (stores: Stores, caller: number) => Promise<Value>;

/**
 * Makes 16 concurrent calls, spread over all connections.
 *
 * @returns Their results, in the order of the callers
 * @throws What the first call that fails throws, after all calls have ended
 */
export async function race<Stores, Value>(
  connections: Stores[],
  call: Call<Stores, Value>,
): Promise<Value[]> {
  const calls = Array.from({ length: callers }, (_, caller) => {
    // With two connections, callers 0 and 1 use the first one and callers 2 and 3 the second one. A race between
    // even and odd callers then takes place on each connection and between them.
    const stores = connections[Math.floor(caller / 2) % connections.length];
    if (stores === undefined) throw new Error('a race needs a connection');
    return call(stores, caller);
  });
  await Promise.allSettled(calls);
  return Promise.all(calls);
}

/** The values of the calls that succeeded, and the failure codes of the others. */
export type RaceResult<Value> = { values: Value[]; refusals: string[] };

/** Makes 16 concurrent calls, of which some may fail with a `Failure`. */
export async function raceWithRefusals<Stores, Value>(
  connections: Stores[],
  call: Call<Stores, Value>,
): Promise<RaceResult<Value>> {
  type Outcome = { value: Value } | { refusal: string };
  const outcomes = await race(connections, async (stores, caller): Promise<Outcome> => {
    try {
      return { value: await call(stores, caller) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { refusal: error.code };
    }
  });
  const result: RaceResult<Value> = { values: [], refusals: [] };
  for (const outcome of outcomes)
    if ('value' in outcome) result.values.push(outcome.value);
    else result.refusals.push(outcome.refusal);
  return result;
}

/** Prepares something for each caller of a race, one after the other. */
export async function forEachCaller<Value>(prepare: (caller: number) => Promise<Value>): Promise<Value[]> {
  const prepared: Value[] = [];
  for (let caller = 0; caller < callers; caller += 1) prepared.push(await prepare(caller));
  return prepared;
}

/** An array that holds the same value `count` times. */
export function times<Value>(count: number, value: Value): Value[] {
  return Array.from({ length: count }, () => value);
}

/**
 * Sweeps 16 times concurrently, then until nothing is left: concurrent sweeps may leave rows to the next one.
 *
 * @returns How many rows were removed in total
 */
export async function sweepAtOnce<Stores>(
  connections: Stores[],
  sweep: (stores: Stores) => Promise<Swept>,
): Promise<number> {
  const batches = await race(connections, sweep);
  let all = batches.reduce((sum, { removed }) => sum + removed, 0);
  for (const stores of connections)
    for (let isDone = false; !isDone; ) {
      const batch = await sweep(stores);
      all += batch.removed;
      isDone = batch.isDone;
    }
  return all;
}

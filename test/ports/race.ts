import { Failure } from '../../src/core/failure.ts';

/** How many callers compete in a race. */
export const callers = 16;

/** The results of the calls of a race: the values of those that succeeded, the failure codes of the others. */
export type RaceResult<Value> = { values: Value[]; refusals: string[] };

/**
 * Makes 16 concurrent calls, spread over all connections. If none fails, the values are in the order of the callers.
 *
 * @throws Whatever a call throws that is not a `Failure`
 */
export async function race<Stores, Value>(
  connections: Stores[],
  call: (stores: Stores, caller: number) => Promise<Value>,
): Promise<RaceResult<Value>> {
  const calls = Array.from({ length: callers }, (_, caller) => {
    // With two connections, callers 0 and 1 use the first one and callers 2 and 3 the second one. A race between
    // even and odd callers then takes place on each connection and between them.
    const stores = connections[Math.floor(caller / 2) % connections.length];
    if (stores === undefined) throw new Error('a race needs a connection');
    return call(stores, caller);
  });
  const result: RaceResult<Value> = { values: [], refusals: [] };
  for (const settled of await Promise.allSettled(calls)) {
    if (settled.status === 'fulfilled') result.values.push(settled.value);
    else if (settled.reason instanceof Failure) result.refusals.push(settled.reason.code);
    else throw settled.reason;
  }
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

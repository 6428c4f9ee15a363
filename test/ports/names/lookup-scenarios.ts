import type { LookupName } from '../../../src/core/ports/outbound.ts';

// Without a test runner: the scenarios run on Bun and on Deno.

const [ipv4, ipv6] = ['192.0.2.1', '2001:db8::1'];

/**
 * The names that must resolve where the scenarios run. `nowhere.test` must not exist, and `silent.test` gets no answer.
 */
export const knownNames = { 'both.test': [ipv6, ipv4], 'v6.test': [ipv6], 'silent.test': 'silence' as const };

/** A lookup and its expected result. */
type LookupScenario = { name: string; run: (lookup: LookupName) => Promise<unknown>; expected: unknown };

/** The fields of an error that callers use. */
async function errorOf(lookup: LookupName, name: string) {
  const error: unknown = await lookup(name).then(
    (addresses) => addresses,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) return { found: error };
  const { code, hostname } = error as NodeJS.ErrnoException & { hostname?: unknown };
  // A dot at the end makes a name absolute.
  return {
    code: typeof code,
    isCode: /^E[A-Z]+$/.test(`${code}`),
    hostname: `${hostname}`.replace(/\.$/, ''),
  };
}

const failed = (hostname: string) => ({ code: 'string', isCode: true, hostname });

export const lookupScenarios: LookupScenario[] = [
  {
    name: 'a name returns all of its addresses, IPv4 before IPv6',
    run: (lookup) => lookup('both.test'),
    expected: [ipv4, ipv6],
  },
  {
    name: 'a name with only IPv6 addresses returns those',
    run: (lookup) => lookup('v6.test'),
    expected: [ipv6],
  },
  {
    name: 'an address returns itself',
    run: async (lookup) => [await lookup('192.0.2.9'), await lookup('::1')],
    expected: [['192.0.2.9'], ['::1']],
  },
  {
    name: 'an unknown name is an error with a code and the name',
    run: (lookup) => errorOf(lookup, 'nowhere.test'),
    expected: failed('nowhere.test'),
  },
  {
    name: 'a name without an answer is an error with a code and the name',
    run: (lookup) => errorOf(lookup, 'silent.test'),
    expected: failed('silent.test'),
  },
  {
    name: '16 concurrent callers get the addresses of their own names',
    run: async (lookup) => {
      const names = Array.from({ length: 16 }, (_, caller) => ['both.test', 'v6.test'][caller % 2] ?? '');
      const found = await Promise.all(names.map((name) => lookup(name)));
      return found.map((addresses) => addresses.join(' '));
    },
    expected: Array.from({ length: 16 }, (_, caller) => (caller % 2 === 0 ? `${ipv4} ${ipv6}` : ipv6)),
  },
  {
    name: '16 concurrent callers get the error of an unknown name',
    run: async (lookup) => {
      const errors = await Promise.all(Array.from({ length: 16 }, () => errorOf(lookup, 'nowhere.test')));
      return new Set(errors.map((error) => JSON.stringify(error))).size === 1 ? errors[0] : errors;
    },
    expected: failed('nowhere.test'),
  },
];

/** The result of each scenario by its name, as JSON. */
export async function runLookups(lookup: LookupName): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const { name, run } of lookupScenarios)
    results[name] = await run(lookup).catch((error: unknown) => `threw ${error}`);
  return results;
}

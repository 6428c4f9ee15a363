import { beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { lookupNameContract } from '../../ports/names.contract.ts';
import type { PartName } from '../../support/parts.ts';
import { inPrivateNetwork, resultsOf } from '../../support/private-network.ts';
import { suiteWith } from '../../support/suite-with.ts';

const script = join(import.meta.dir, 'run-lookups.ts');
// The permissions of `deno task start` (deno.json) that lookups need, and one to write a hosts file.
const allowed = ['--allow-net', '--allow-env', '--allow-read', '--allow-write', '--allow-sys'];

await namesOn('Bun', ['namespaces'], () => [process.execPath, script]);
await namesOn('Deno', ['namespaces', 'deno'], ({ deno }) => [deno, 'run', '--quiet', ...allowed, script]);

const [ipv4, ipv6] = ['192.0.2.1', '2001:db8::1'];
const nothingAsked: string[] = [];

/** The search list of the test is `corp.test`; its ndots is 1. */
function namesOn<Name extends PartName>(
  runtime: string,
  parts: Name[],
  commandOf: (paths: Record<Name, string>) => string[],
): Promise<void> {
  return suiteWith(parts, `names, on ${runtime}`, (paths) => {
    let results: Record<string, unknown> = {};
    beforeAll(async () => {
      results = await resultsOf(inPrivateNetwork(commandOf(paths), 'search corp.test'));
    });
    const contractOf = (what: string) => () => results[what] as Record<string, unknown>;
    lookupNameContract('of this machine', contractOf('the contract of names'));
    lookupNameContract('in users’ URLs', contractOf("the contract of names in users' URLs"));
    const found = (name: string) => (results[name] as { found: string[] | string }).found;

    test('have the addresses of DNS, IPv4 first, also through an alias', () => {
      expect(results['both.test']).toEqual({ found: [ipv4, ipv6], asked: ['both.test'] });
      expect(results['BOTH.test.']).toEqual({ found: [ipv4, ipv6], asked: ['both.test'] });
      expect(found('v6.test')).toEqual([ipv6]);
      expect(found('alias.test')).toContain(ipv4);
    });

    test('use the search list: a short name starts with it, and a name with a dot starts without it', () => {
      expect(results.redis).toEqual({ found: [ipv4], asked: ['redis.corp.test'] });
      expect(results['one.two.test']).toEqual({ found: ['192.0.2.2'], asked: ['one.two.test'] });
      expect(results['nowhere.test']).toEqual({
        found: 'ENOTFOUND nowhere.test',
        asked: ['nowhere.test', 'nowhere.test.corp.test'],
      });
    });

    test('in URLs of clients are looked up without the search list', () => {
      const inUrl = (name: string) => results[`${name} in a user's URL`];
      expect(inUrl('redis')).toEqual({ found: 'ENOTFOUND redis.', asked: ['redis'] });
      expect(inUrl('nowhere.test')).toEqual({ found: 'ENOTFOUND nowhere.test.', asked: ['nowhere.test'] });
      expect(inUrl('both.test')).toEqual({ found: [ipv4, ipv6], asked: ['both.test'] });
      expect(inUrl('localhost')).toEqual({ found: ['127.0.0.1', '::1'], asked: nothingAsked });
      expect(inUrl('known.test')).toEqual({ found: ['127.0.0.9', '::1'], asked: nothingAsked });
      expect(inUrl('192.0.2.9')).toEqual({ found: ['192.0.2.9'], asked: nothingAsked });
      expect(inUrl('::1')).toEqual({ found: ['::1'], asked: nothingAsked });
    });

    // Deno distinguishes the reasons differently.
    test('that cannot be names, or whose name server is broken, fail at once', () => {
      expect(found('bad name')).toMatch(/^(ENOTFOUND|UNKNOWN) bad name$/);
      expect(found('broken.test')).toMatch(/^(ESERVFAIL|ENOTFOUND) broken\.test$/);
    });

    test('in the hosts file, local names and addresses need no query', () => {
      expect(results['known.test']).toEqual({ found: ['127.0.0.9', '::1'], asked: nothingAsked });
      expect(results['both.hosts']).toEqual({ found: ['127.0.0.9'], asked: nothingAsked });
      expect(results.localhost).toEqual({ found: ['127.0.0.1', '::1'], asked: nothingAsked });
      expect(results['app.localhost']).toEqual({ found: ['127.0.0.1', '::1'], asked: nothingAsked });
      expect(results['192.0.2.9']).toEqual({ found: ['192.0.2.9'], asked: nothingAsked });
      expect(results['::1']).toEqual({ found: ['::1'], asked: nothingAsked });
    });

    test('follow a change of the hosts file', () => {
      expect(found('known.test later')).toEqual(['127.0.0.10']);
    });

    test('without an answer fail after the timeout', () => {
      expect(found('silent.test')).toBe('ETIMEOUT silent.test');
      expect(results['is silent for 2.5 s at most']).toBe(true);
    });

    test('that many callers look up at once need one query of each type', () => {
      expect(results['queries for 50 lookups of one name at a time']).toBe(2);
    });

    test('can be used by sockets', () => {
      expect(results['a socket']).toBe('heard');
    });
  });
}

import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { Runtime } from '../support/mayfly-process.ts';
import type { PartName } from '../support/parts.ts';
import { inPrivateNetwork, resultsOf } from '../support/private-network.ts';
import { suiteWith } from '../support/suite-with.ts';

const script = join(import.meta.dir, 'run-among-silent-names.ts');

type Probed = Record<string, { statuses: number[]; longest: number }>;
type Results = {
  waiting: { firstHook: number; counts: Record<string, number>; probed: Probed; stores: object };
  stores: { probed: Probed; statuses: number[]; readyz: number; stores: object };
  isRedisAskedFor: boolean;
  isS3AskedFor: boolean;
};

/** If files waited for lookups, they would wait for at least five seconds (ms). */
const inTime = 2000;

await amongSilentNames('bun', ['namespaces']);
await amongSilentNames('deno', ['namespaces', 'deno']);

function amongSilentNames(runtime: Runtime, parts: PartName[]): Promise<void> {
  return suiteWith(parts, `without an answering name server, on ${runtime}`, () => {
    setDefaultTimeout(120_000);
    let results: Results;
    beforeAll(async () => {
      results = (await resultsOf(inPrivateNetwork([process.execPath, script, runtime]))) as Results;
    });

    const answersInTime = (probed: Probed) => {
      for (const [name, { statuses, longest }] of Object.entries(probed)) {
        expect([name, statuses]).toEqual([
          name,
          [name === 'ranged read' ? 206 : name === 'write' ? 201 : 200],
        ]);
        expect([name, longest < inTime || longest]).toEqual([name, true]);
      }
    };

    test('files are read and written as before while 500 calls wait for names, and /readyz answers', () => {
      expect(Object.keys(results.waiting.probed)).toHaveLength(5);
      answersInTime(results.waiting.probed);
      expect(results.waiting.stores).toEqual({ database: 'ok', blobs: 'ok', disk: 'ok', redis: 'away' });
    });

    test('the waiting calls end by themselves; excess calls get Retry-After', () => {
      const { firstHook, counts } = results.waiting;
      expect(firstHook).toBe(201);
      expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(500);
      const kinds = ['fetch 400', 'fetch 429 with Retry-After', 'hook 201', 'hook 429 with Retry-After'];
      expect(Object.keys(counts).filter((kind) => !kinds.includes(kind))).toEqual([]);
      expect(counts['fetch 429 with Retry-After']).toBeGreaterThan(400);
      expect(counts['fetch 400']).toBeGreaterThan(7);
      expect(counts['hook 201']).toBeGreaterThan(3);
    });

    test('requests that need neither S3 nor Redis are answered as before while their names are looked up', () => {
      answersInTime(results.stores.probed);
      expect(results.stores.statuses).toEqual([503]);
      expect(results.stores.readyz).toBe(503);
      expect(results.stores.stores).toEqual({ database: 'ok', blobs: 'away', disk: 'ok', redis: 'away' });
      expect([results.isRedisAskedFor, results.isS3AskedFor]).toEqual([true, true]);
    });
  });
}

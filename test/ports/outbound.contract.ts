import { beforeAll, describe, expect, test } from 'bun:test';
import { scenarios } from './outbound/scenarios.ts';

/**
 * The contract of every way out (`src/core/ports/outbound.ts`). Its scenarios know neither Bun's nor Deno's test runner:
 * they run on both runtimes, in processes that trust the certificate of the test servers.
 *
 * @param run Runs the scenarios and returns what came of each, by its name.
 */
export function outboundContract(name: string, run: () => Promise<Record<string, unknown>>): void {
  describe(name, () => {
    let results: Record<string, unknown> = {};
    beforeAll(async () => {
      results = await run();
    });

    for (const scenario of scenarios)
      test(scenario.name, () => {
        expect(results[scenario.name]).toEqual(scenario.expected);
      });
  });
}

import { beforeAll, describe, expect, test } from 'bun:test';
import { scenarios } from './outbound/scenarios.ts';

/**
 * The contract of every `Outbound` (`src/core/ports/outbound.ts`). Its scenarios run without a test runner on Bun and
 * on Deno, in processes that trust the certificate of the test servers.
 *
 * @param run Runs the scenarios and returns the result of each by its name.
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

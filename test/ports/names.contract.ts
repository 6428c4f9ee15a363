import { describe, expect, test } from 'bun:test';
import { lookupScenarios } from './names/lookup-scenarios.ts';

/**
 * The contract of every look-up of names (`src/core/ports/names.ts`). The scenarios run where there is a name server
 * that knows `knownNames`.
 *
 * @param results What came of each scenario, by its name; asked for by each test.
 */
export function lookupNameContract(name: string, results: () => Record<string, unknown>): void {
  describe(name, () => {
    for (const scenario of lookupScenarios)
      test(scenario.name, () => {
        expect(results()[scenario.name]).toEqual(scenario.expected);
      });
  });
}

import { describe, expect, test } from 'bun:test';
import { lookupScenarios } from './names/lookup-scenarios.ts';

/**
 * The contract of every lookup of names (`src/core/ports/outbound.ts`). The scenarios run where a name server knows
 * `knownNames`.
 *
 * @param results The result of each scenario by its name; each test asks for it.
 */
export function lookupNameContract(name: string, results: () => Record<string, unknown>): void {
  describe(name, () => {
    for (const scenario of lookupScenarios)
      test(scenario.name, () => {
        expect(results()[scenario.name]).toEqual(scenario.expected);
      });
  });
}

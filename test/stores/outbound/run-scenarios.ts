// Runs the scenarios on the current runtime, and writes the result of each, by name, as JSON.
import { SystemNames } from '../../../src/stores/names/system-names.ts';
import { GuardedOutbound } from '../../../src/stores/outbound/guarded-outbound.ts';
import type { OpenOutbound } from '../../ports/outbound/scenario.ts';
import { scenarios } from '../../ports/outbound/scenarios.ts';

const open: OpenOutbound = (...given) => new GuardedOutbound(...given);

const { lookup } = new SystemNames();

const longest = 10_000;
const tooLong = () =>
  new Promise((resolve) => setTimeout(() => resolve(`took more than ${longest} ms`), longest));

const results: Record<string, unknown> = {};
for (const { name, run } of scenarios) {
  const result = run(open, lookup).catch((error) => `threw ${error?.stack ?? error}`);
  results[name] = await Promise.race([result, tooLong()]);
}
console.log(`\nresults: ${JSON.stringify(results)}`);
process.exit(0);

// Runs the scenarios on whichever runtime it is started with, and writes what came of each, by name, as JSON.
import { scenarios } from './scenarios.ts';

const longest = 10_000;
const tooLong = () =>
  new Promise((resolve) => setTimeout(() => resolve(`took more than ${longest} ms`), longest));

const results: Record<string, unknown> = {};
for (const { name, run } of scenarios) {
  const result = run().catch((error) => `threw ${error?.stack ?? error}`);
  results[name] = await Promise.race([result, tooLong()]);
}
console.log(`\nresults: ${JSON.stringify(results)}`);
process.exit(0);

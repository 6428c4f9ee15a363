import { prepareRuntime } from './runtime/preparation.ts';

const problem = await prepareRuntime();
if (problem !== undefined) {
  process.stderr.write(`mayfly: ${problem}\n`);
  process.exit(1);
}
const { runCommand, watchUncaught } = await import('./cli/index.ts');
watchUncaught();
process.exit(await runCommand(process.argv.slice(2), process.env));

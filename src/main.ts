import { prepareRuntime } from './runtime/preparation.ts';

const problem = await prepareRuntime();
if (problem !== undefined) {
  process.stderr.write(`mayfly: ${problem}\n`);
  process.exit(1);
}
const { runCommand, watchUncaught } = await import('./cli/index.ts');
watchUncaught();
// Node ends a program that waits only for a thread which keeps none alive, such as the one of the checkpoints.
setInterval(() => undefined, 60_000);
process.exit(await runCommand(process.argv.slice(2), process.env));

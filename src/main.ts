import { runCommand, watchUncaught } from './cli/index.ts';

watchUncaught();
process.exit(await runCommand(process.argv.slice(2), process.env));

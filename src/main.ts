import { runCommand } from './cli/index.ts';
import { watchUncaught } from './cli/shared/uncaught.ts';

watchUncaught();
process.exit(await runCommand(process.argv.slice(2), process.env));

import { runCommand } from './cli/index.ts';

process.exit(await runCommand(process.argv.slice(2), process.env));

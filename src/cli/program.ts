import { Command } from 'commander';
import { ownVersion } from '../program/index.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addOperatorCommands } from './operate/commands.ts';
import { addEnvFileOption } from './shared/env-file.ts';
import { addHelpTopics } from './shared/exit-code-help.ts';
import { type Outcome, withExamples } from './shared/outcome.ts';
import { addUserCommands } from './use/commands.ts';

/** All commands. The code of a command is loaded when it is called. */
export function createProgram(environment: Record<string, string | undefined>, outcome: Outcome): Command {
  const version = ownVersion();
  const program = new Command('mayfly')
    .description(
      `Mayfly ${version} stores data that should not last. Without a command, it starts the server.`,
    )
    .version(version, '-V, --version', 'print the version')
    .usage('[command] [options]')
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(oneLine(message)) })
    .configureHelp({ showGlobalOptions: false });
  addUserCommands(program, environment, outcome);
  addDoctorCommand(program, environment, outcome);
  const others = program.commands.length;
  addOperatorCommands(program, environment, outcome);
  addEnvFileOption(program.commands.slice(others), environment);
  addHelpTopics(program);
  withExamples(program, [
    ['mayfly put notes.txt', 'upload a file and print its link'],
    ['mayfly put --reads 1 --encrypt secret.env', 'encrypt, and allow one read'],
    ['mayfly get LINK -O', 'download it under its own name'],
    ['mayfly cp -r site/ www:', 'copy a folder into a bucket'],
    ['mayfly serve', 'serve on port 8080'],
    ['mayfly keys create --kind storage --account acme', 'create an API key for buckets'],
  ]);
  return program.addHelpText(
    'after',
    '\nCommands that use a server read --url, MAYFLY_URL and MAYFLY_KEY, or ~/.config/mayfly/config.json. Commands that' +
      '\nrun a server read the settings in docs/settings.md, and those of --env-file FILE. mayfly help COMMAND shows' +
      '\ndetails of a command.',
  );
}

/** commander prints its suggestion on a separate line. */
function oneLine(message: string): string {
  return `mayfly: ${message
    .replace(/^error: /, '')
    .trimEnd()
    .replaceAll(/\n+/g, ' ')}\n`;
}

// Runs the commands that its parent sends, one at a time, and sends back what each wrote. operator.ts starts it.
import { format } from 'node:util';
import { runCommand } from '../../src/cli/index.ts';
import type { CommandAnswer } from './mayfly-command.ts';
import type { OperatorCall } from './operator.ts';

let written = { stdout: '', stderr: '' };
const write = (stream: keyof typeof written) => (text: string | Uint8Array) => {
  written[stream] += typeof text === 'string' ? text : new TextDecoder().decode(text);
  return true;
};
process.stdout.write = write('stdout');
process.stderr.write = write('stderr');
console.log = (...values) => void write('stdout')(`${format(...values)}\n`);
console.error = (...values) => void write('stderr')(`${format(...values)}\n`);

process.on('message', async ({ args, env }: OperatorCall) => {
  written = { stdout: '', stderr: '' };
  const code = await runCommand(args, env);
  process.send?.({ code, ...written } satisfies CommandAnswer);
});
process.on('disconnect', () => process.exit());
